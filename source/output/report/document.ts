/*
A report as blocks: what it says, apart from what a page or a Markdown file looks like. Texts are plain; whoever renders them
escapes them, since what comes from the wire stands in them as it came.
*/
export type Level = 'good' | 'warning' | 'bad' | 'unknown';

type TableColumn = {readonly title: string; readonly isNumber?: boolean};

/** Values in equal parts of a span of time. */
export type Line = {readonly name: string; readonly values: readonly number[]};

/** Something that happened at a moment of a chart. */
export type ChartMark = {readonly timeUs: number; readonly letter: string; readonly text: string};

export type Chart = {
	readonly title: string;
	/** What one value counts. */
	readonly unit: string;
	readonly fromUs: number;
	readonly toUs: number;
	readonly lines: readonly Line[];
	readonly marks: readonly ChartMark[];
};

export type Block =
	| {readonly kind: 'title' | 'section' | 'part' | 'paragraph' | 'evidence'; readonly text: string}
	| {readonly kind: 'verdict'; readonly level: Level; readonly text: string}
	| {readonly kind: 'list'; readonly items: readonly string[]}
	| {readonly kind: 'table'; readonly columns: readonly TableColumn[]; readonly rows: ReadonlyArray<readonly string[]>}
	| {readonly kind: 'chart'; readonly chart: Chart};
