import {secondUs} from '../../wire/second.js';
import {type Line} from './document.js';

/*
Counts over time while a capture is read whose length is not known before: parts of a second each at first, and of twice as
much whenever they get too many.
*/

/** Parts in the end: more than a chart has room for, so that nothing is lost to the eye. */
const mostParts = 720;
/** Addresses that are told apart; what comes after them is counted together. */
const mostNames = 64;
const others = 'other addresses';

export type Curves = {
	/** A time of the first part, 0 before there is one. */
	startUs: number;
	widthUs: number;
	/** What was added by name and part. What came before the start is in the first part. */
	readonly added: Map<string, number[]>;
};

/** `startUs`: what comes before it counts as if it had been then. */
export const createCurves = (startUs: number): Curves => ({startUs, widthUs: secondUs, added: new Map()});

const merge = (curves: Curves): void => {
	curves.widthUs *= 2;
	for (const [name, parts] of curves.added) {
		curves.added.set(name, Array.from({length: Math.ceil(parts.length / 2)}, (_, part) => (parts[part * 2] ?? 0) + (parts[(part * 2) + 1] ?? 0)));
	}
};

export const addToCurve = (curves: Curves, name: string, timeUs: number, count: number): void => {
	curves.startUs ||= timeUs;
	while (timeUs - curves.startUs >= curves.widthUs * mostParts) {
		merge(curves);
	}

	const key = curves.added.has(name) || curves.added.size < mostNames ? name : others;
	let parts = curves.added.get(key);
	if (!parts) {
		parts = [];
		curves.added.set(key, parts);
	}

	const part = Math.max(0, Math.floor((timeUs - curves.startUs) / curves.widthUs));
	while (parts.length <= part) {
		parts.push(0);
	}

	parts[part]! += count;
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Some lines, those that ever had the most first, the rest of them together; each as long as the span. */
const mostOf = (lines: readonly Line[], most: number): Line[] => {
	const sorted = lines.toSorted((one, other) => Math.max(...other.values) - Math.max(...one.values) || one.name.localeCompare(other.name, 'en'));
	const rest = sorted.slice(most);
	return rest.length === 0
		? sorted
		: [...sorted.slice(0, most), {name: `${rest.length} other addresses`, values: rest[0]!.values.map((_, part) => sum(rest.map(({values}) => values[part]!)))}];
};

const partsUntil = ({startUs, widthUs}: Curves, toUs: number): number => Math.max(1, Math.floor((toUs - startUs) / widthUs) + 1);

const padded = (parts: readonly number[], length: number): number[] => Array.from({length}, (_, part) => parts[part] ?? 0);

/** How many there were at the end of each part. */
export const levels = (curves: Curves, toUs: number, most: number): Line[] => mostOf([...curves.added].map(([name, parts]) => {
	let level = 0;
	return {name, values: padded(parts, partsUntil(curves, toUs)).map(count => Math.max(0, level += count))};
}), most);

/** How many came per second in each part; what was there before the start did not come in it. */
export const rates = (curves: Curves, toUs: number, most: number): Line[] => mostOf([...curves.added].map(([name, parts]) =>
	({name, values: padded(parts, partsUntil(curves, toUs)).map(count => count / (curves.widthUs / secondUs))})), most);
