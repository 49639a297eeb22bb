/** The characters beyond letters that the screen is drawn with. */
export type Glyphs = {
	/** Eight steps from little to much; the first is for none. */
	readonly spark: readonly string[];
	readonly bar: string;
	readonly rule: string;
	readonly upright: string;
	/** Where time has not come to yet. */
	readonly ahead: string;
};

export const asciiGlyphs: Glyphs = {spark: ['.', ':', '-', '=', '+', '*', '#', '%'], bar: '#', rule: '-', upright: '|', ahead: '_'};
export const blockGlyphs: Glyphs = {spark: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'], bar: '█', rule: '─', upright: '│', ahead: '.'};

/** One character per value, scaled to the greatest; nothing at all is a blank. */
export const sparkline = (values: readonly number[], {spark}: Glyphs): string => {
	const most = Math.max(...values, 0);
	return values.map(value => value <= 0 || most === 0 ? ' ' : spark[Math.min(spark.length - 1, Math.floor(value / most * (spark.length - 0.001)))]!).join('');
};

/** A bar of `width` characters of which `share`, 0 to 1, is filled. */
export const bar = (share: number, width: number, {bar: full}: Glyphs): string => {
	const filled = Math.round(Math.max(0, Math.min(1, share)) * width);
	return full.repeat(filled) + ' '.repeat(width - filled);
};
