import {type ReactNode} from 'react';
import {type Question, type Sample} from '../sample/sample.js';
import {type Connection} from '../table/connection.js';
import {type Naming} from '../text/alias-names.js';
import {type Glyphs} from '../text/glyphs.js';
import {type Detail, type Extent, type Place, type UiState} from './ui-state.js';
import {type RowSign} from './views/sessions/signs.js';

/** What stays as it is while somebody looks, but for the size. */
export type Setting = {
	readonly columns: number;
	readonly rows: number;
	readonly localTime: boolean;
	/** Seconds between frames. */
	readonly intervalSeconds: number;
	/** Group and port that are listened for. */
	readonly target: string;
	readonly glyphs: Glyphs;
	readonly naming: Naming;
};

/** How many rows there are for what, from the top of the screen to its foot. Known before any text is made. */
export type Layout = {
	/** Lines for directors, at most. */
	readonly directors: number;
	/** Title, directors and verdict. */
	readonly header: number;
	/** VIPs above the list. */
	readonly panel: number;
	/** What follows below the bar or the caption: headings and rows. */
	readonly body: number;
	/** Rows of the list in it. */
	readonly list: number;
	readonly hasTimeLine: boolean;
	readonly hasNote: boolean;
};

/** Everything that one picture is made of: what is known, what the person chose, and where what stands. Made without any text, but where text itself is scrolled. */
export type Frame = Setting & {
	readonly sample: Sample;
	readonly ui: UiState;
	/** Names for addresses, unless they are off. */
	readonly named: Naming;
	readonly view: View;
	readonly page: Page;
	readonly layout: Layout;
	/** How far the list on it reaches. */
	readonly extent: Extent;
	/** Row under the cursor and first row shown, of the list of the view. */
	readonly place: Place;
	readonly isFollowing: boolean;
};

/** What fills the screen: a view between its first and last lines, or what lies over all that. */
export type Page = {
	/** The cursor is one in its list. */
	readonly isList?: true;
	/** How far what is scrolled on it reaches. */
	extent(frame: Frame): Extent;
	/** What it needs of the engine. */
	needs(frame: Frame): Partial<Question>;
	Picture(props: {readonly frame: Frame}): ReactNode;
};

/** A row in words, and the filter that shows what belongs to it, where there is one. */
export type Described = {readonly text: string; readonly filter: string | undefined};

/** What a view has beside its list. */
export type ViewParts = {
	/** Lines for directors at the top, on a screen of so many rows. */
	directors(rows: number): number;
	readonly hasPanel?: true;
	/** The filter bar, and what it filters. */
	readonly bar?: 'sessions' | 'events';
	/** A line of headings above the rows. */
	readonly hasHeading?: true;
};

/**
One of the screens behind the keys 1, 2, …: what it lists, what it needs to know for that, and how it looks. To add one is to add
a folder, and its line in `views/views.ts`.
*/
export type View<Row = unknown> = {
	readonly name: string;
	/** What its key shows, for the help. */
	readonly help: string;
	/** Its place among the hints, where it has one. */
	readonly hint?: readonly [order: number, text: string];
	/** Its columns in plain words, and what they are called together in the help. */
	readonly columns: ReadonlyArray<{readonly title: string; readonly help: string; /** Shown from this width on. */ readonly from: number}>;
	readonly columnGroup?: string;
	/** Orders of its own; without them `<` and `>` choose that of the sessions. */
	readonly sorts?: readonly string[];
	readonly parts: ViewParts;
	/** Its cursor can stay on a row that moves. */
	readonly follows?: true;
	/** It has something to show before anything was heard. */
	readonly isNeverSilent?: true;
	/** The line above the list, in words that fit. */
	caption?(frame: Frame): string;
	/** How far the list reaches, and how many rows of it fit. */
	extent(frame: Frame): Extent;
	rowAt(sample: Sample, ui: UiState, cursor: number): Row | undefined;
	describe(row: Row, sample: Sample): Described;
	/** The row at a place of the list, where it is not one per line. */
	cursorAt?(frame: Frame, column: number, line: number): number | undefined;
	/** What Enter opens; without it Enter makes the row the filter. */
	open?(row: Row): Detail | undefined;
	/** When a row happened, where that can be gone to. */
	momentOf?(row: Row): number;
	needs(frame: Frame): Partial<Question>;
	/** The signs that stand in its list now. */
	signs?(frame: Frame): ReadonlySet<RowSign>;
	/** What else stands there that is to be explained. */
	legend?(frame: Frame): readonly string[];
	Body(props: {readonly frame: Frame}): ReactNode;
};

export const nothingToScroll = (): Extent => ({total: 0, visible: 1, across: 1});

/** Keeps what is made of a frame as long as that frame lives: text that is scrolled is counted first, and drawn afterwards. */
export const oncePerFrame = <Made>(make: (frame: Frame) => Made): ((frame: Frame) => Made) => {
	const made = new WeakMap<Frame, {readonly one: Made}>();
	return frame => {
		const known = made.get(frame) ?? {one: make(frame)};
		made.set(frame, known);
		return known.one;
	};
};

/** Slots of marked rows that still hold the marked session. */
export const markedSlots = (rows: readonly Connection[], marked: ReadonlyMap<number, number>): Set<number> =>
	new Set(rows.filter(({slot, firstUs}) => marked.get(slot) === firstUs).map(({slot}) => slot));
