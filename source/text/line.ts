/** How a text is meant; the theme says how that looks. Never by colour alone: the text says it too. */
export type Tone = 'plain' | 'title' | 'heading' | 'selected' | 'good' | 'warning' | 'unsure' | 'alarm' | 'lost' | 'fresh' | 'dim' | 'word';

/** A part of a line that is meant otherwise than the rest; parts do not overlap and stand in order. */
export type Part = {readonly at: number; readonly length: number; readonly tone: Tone};

/** One line of the screen, already cut to its width. */
export type Line = {readonly text: string; readonly tone: Tone; readonly parts?: readonly Part[]};

export const line = (text: string, tone: Tone = 'plain', parts?: readonly Part[]): Line => parts && parts.length > 0 ? {text, tone, parts} : {text, tone};

/** Left and right part with the gap between them; the left one is cut when both do not fit. */
export const spread = (left: string, right: string, width: number): string => {
	const room = width - right.length - 1;
	const kept = left.length > room ? `${left.slice(0, Math.max(0, room - 1))}~` : left;
	return `${kept.padEnd(Math.max(0, room + 1))}${right}`.slice(0, width);
};

/** Cut to the width and marked with `~` where something is missing. */
export const fit = (text: string, width: number): string => text.length > width ? `${text.slice(0, Math.max(0, width - 1))}~` : text;

/** The first of some ways to say it that fits, the last one cut if need be. */
export const fitting = (ways: readonly string[], width: number): string => ways.find(text => text.length <= width) ?? fit(ways.at(-1)!, width);

/** A word group of a line, and how easily it is spared: what has the highest number goes first, what has none never. */
export type Phrase = {readonly text: string; readonly spare?: number | undefined};

/** Phrases in their order, two spaces apart, without those that can be spared where there is no room for all. */
export const phrased = (phrases: readonly Phrase[], width: number): string => {
	let shown = phrases.filter(({text}) => text !== '');
	const joined = () => shown.map(({text}) => text).join('  ');
	while (joined().length > width && shown.some(({spare}) => spare !== undefined)) {
		const most = Math.max(...shown.map(({spare}) => spare ?? -Infinity));
		const last = shown.findLastIndex(({spare}) => spare === most);
		shown = shown.filter((_, index) => index !== last);
	}

	return fit(joined(), width);
};

/** Gives words of a line their tone: each is looked for once, from the left. */
export const withTones = (text: string, tone: Tone, words: ReadonlyArray<readonly [word: string, tone: Tone]>): Line => {
	const parts = words
		.map(([word, wordTone]) => ({at: word === '' ? -1 : text.indexOf(word), length: word.length, tone: wordTone}))
		.filter(({at}) => at >= 0)
		.toSorted((one, other) => one.at - other.at);
	return line(text, tone, parts.filter((part, index) => index === 0 || part.at >= parts[index - 1]!.at + parts[index - 1]!.length));
};

/** Puts lines side by side; each block is padded to its width. */
export const beside = (blocks: ReadonlyArray<{readonly lines: readonly Line[]; readonly width: number}>, gap: string): Line[] => {
	const height = Math.max(0, ...blocks.map(({lines}) => lines.length));
	return Array.from({length: height}, (_, row) => {
		let text = '';
		const parts: Part[] = [];
		for (const [index, {lines, width}] of blocks.entries()) {
			const one = lines[row] ?? line('');
			const from = text.length + (index > 0 ? gap.length : 0);
			const shown = fit(one.text, width);
			if (one.tone !== 'plain' && !one.parts) {
				parts.push({at: from, length: shown.length, tone: one.tone});
			}

			parts.push(...(one.parts ?? []).map(part => ({...part, at: part.at + from})));
			text += `${index > 0 ? gap : ''}${shown.padEnd(width)}`;
		}

		return line(text.trimEnd(), 'plain', parts);
	});
};

/** A text as lines of at most `width` characters, broken at spaces. */
export const wrapText = (text: string, width: number): string[] => {
	const lines: string[] = [];
	let current = '';
	for (const word of text.split(' ')) {
		if (current !== '' && current.length + 1 + word.length > width) {
			lines.push(current);
			current = word;
		} else {
			current = current === '' ? word : `${current} ${word}`;
		}
	}

	return [...lines, current].map(one => fit(one, width));
};
