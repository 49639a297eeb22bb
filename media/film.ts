import {svgOf} from './svg.js';

/** What a terminal showed, row by row, and for how long. */
export type Frame = {readonly rows: readonly string[]; readonly seconds: number};

const percent = (part: number, whole: number): string => `${Number((100 * part / whole).toFixed(3))}%`;

/**
A moving picture that runs for ever. A row that stays the same over several frames is in the file once. Where nothing moves (reduced motion, a
renderer without CSS animation) the frame number `poster` stands.
*/
export const filmOf = (columns: number, frames: readonly Frame[], poster: number): string => {
	const starts = frames.map((_, index) => frames.slice(0, index).reduce((sum, {seconds}) => sum + seconds, 0));
	const whole = frames.reduce((sum, {seconds}) => sum + seconds, 0);
	/** Rows by the frames that show them: first and the one after the last. */
	const spans = new Map<string, {readonly first: number; readonly end: number; readonly rows: string[]}>();
	const rowCount = frames[0]?.rows.length ?? 0;
	for (let row = 0; row < rowCount; row++) {
		let first = 0;
		while (first < frames.length) {
			const content = frames[first]!.rows[row]!;
			let end = first + 1;
			while (end < frames.length && frames[end]!.rows[row] === content) {
				end++;
			}

			const name = `s${first}-${end}`;
			const span = spans.get(name) ?? {first, end, rows: []};
			span.rows.push(content);
			spans.set(name, span);
			first = end;
		}
	}

	const styles: string[] = [];
	const groups: string[] = [];
	for (const [name, {first, end, rows}] of spans) {
		const content = rows.filter(Boolean).join('\n');
		if (content === '') {
			continue;
		}

		if (first === 0 && end === frames.length) {
			groups.push(content);
			continue;
		}

		const shownAt = first === 0 ? '' : '0%{visibility:hidden}';
		const hiddenAt = end === frames.length ? '' : `${percent(starts[end]!, whole)}{visibility:hidden}`;
		styles.push(`@keyframes ${name}{${shownAt}${percent(starts[first]!, whole)}{visibility:visible}${hiddenAt}}`, `.${name}{animation:${name} ${whole}s step-end infinite}`);
		const isPoster = first <= poster && poster < end;
		groups.push(`<g class="${name}" visibility="${isPoster ? 'visible' : 'hidden'}">\n${content}\n</g>`);
	}

	return svgOf(columns, rowCount, `<style>
${styles.join('\n')}
@media (prefers-reduced-motion:reduce){g{animation:none !important}}
</style>
${groups.join('\n')}`);
};
