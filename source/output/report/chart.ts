import {clockTime, short} from '../../text/format.js';
import {blockGlyphs, sparkline} from '../../text/glyphs.js';
import {secondUs} from '../../wire/second.js';
import {type Chart, type Line} from './document.js';

/*
A chart as SVG:

    most |        T
         |   ____ |____
         |__/     |    \___  a line for each name, a dash of its own for each
       0 +------------------
         14:02:00   14:03:00
*/
const size = {width: 720, height: 190, left: 52, right: 12, top: 20, bottom: 24} as const;
const plot = {width: size.width - size.left - size.right, height: size.height - size.top - size.bottom} as const;

/** Where a picture is printed in black, lines are told apart by their dashes. */
const dashes = ['', '6 3', '2 2', '8 3 2 3', '1 3', '12 4', '4 4', '3 1'] as const;

/** `0.4`, `51`, `18.2k`: what a value of a chart is. */
export const figureOf = (value: number): string => Number.isInteger(value) || value >= 100 ? short(value) : value.toFixed(1);

/** The least of 1, 2, 5, 10, 20 … that is not less. */
const roundUp = (value: number): number => {
	const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
	return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= value) ?? value;
};

/** Steps of a clock, in seconds. */
const clockSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800] as const;

const ticksOf = (fromUs: number, toUs: number): number[] => {
	const step = (clockSteps.find(seconds => (toUs - fromUs) / (seconds * secondUs) <= 7) ?? 31_536_000) * secondUs;
	const first = Math.ceil(fromUs / step) * step;
	return Array.from({length: Math.max(0, Math.floor((toUs - first) / step) + 1)}, (_, index) => first + (index * step));
};

const place = (value: number): string => String(Math.round(value * 10) / 10);

const pathOf = ({values}: Line, most: number): string => {
	const x = (part: number) => size.left + (part / values.length * plot.width);
	const y = (value: number) => size.top + plot.height - (value / most * plot.height);
	let path = `M${place(x(0))} ${place(y(values[0] ?? 0))}`;
	for (const [part, value] of values.entries()) {
		const isLevel = part > 0 && value === values[part - 1];
		path += isLevel ? '' : `H${place(x(part))}V${place(y(value))}`;
	}

	return `${path}H${place(x(values.length))}`;
};

/** `escape` makes a text harmless in markup. */
export const chartSvg = ({title, unit, fromUs, toUs, lines, marks}: Chart, escape: (text: string) => string): string => {
	const most = roundUp(Math.max(1, ...lines.flatMap(({values}) => values)));
	const spanUs = Math.max(1, toUs - fromUs);
	const x = (timeUs: number) => place(size.left + (Math.max(0, Math.min(1, (timeUs - fromUs) / spanUs)) * plot.width));
	const base = size.top + plot.height;
	const grid = [0, 0.5, 1].map(share => {
		const y = place(base - (share * plot.height));
		return `<path class="grid" d="M${size.left} ${y}H${size.width - size.right}"/><text class="axis" x="${size.left - 6}" y="${y}" dy="4" text-anchor="end">${figureOf(most * share)}</text>`;
	});
	const times = ticksOf(fromUs, toUs).map(timeUs => `<path class="grid" d="M${x(timeUs)} ${base}v4"/><text class="axis" x="${x(timeUs)}" y="${base + 17}" text-anchor="middle">${clockTime(timeUs).slice(0, 8)}</text>`);
	const events = marks.map(({timeUs, letter, text}) =>
		`<g class="mark"><title>${escape(text)}</title><path d="M${x(timeUs)} ${size.top}V${base}"/><text x="${x(timeUs)}" y="${size.top - 6}" text-anchor="middle">${escape(letter)}</text></g>`);
	const drawn = lines.map((line, index) => `<path class="line c${index % dashes.length}" stroke-dasharray="${dashes[index % dashes.length]}" d="${pathOf(line, most)}"><title>${escape(line.name)}</title></path>`);
	return `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escape(`${title}, ${unit}`)}">${[...grid, ...times, ...events, ...drawn].join('')}</svg>`;
};

/** A piece of its line, for the legend. */
export const swatchSvg = (index: number): string =>
	`<svg class="swatch" viewBox="0 0 28 8" aria-hidden="true"><path class="line c${index % dashes.length}" stroke-dasharray="${dashes[index % dashes.length]}" d="M0 4H28"/></svg>`;

const textWidth = 60;

/** The same where there are only letters: a line of blocks for each name, with its most. */
export const chartText = ({fromUs, toUs, lines, marks}: Chart): string[] => {
	const widest = Math.max(0, ...lines.map(({name}) => name.length));
	const at = (timeUs: number) => Math.max(0, Math.min(textWidth - 1, Math.floor((timeUs - fromUs) / Math.max(1, toUs - fromUs) * textWidth)));
	const letters = Array.from({length: textWidth}, () => ' ');
	for (const {timeUs, letter} of marks) {
		letters[at(timeUs)] = letter;
	}

	const most = (values: readonly number[]) => Math.max(0, ...values);
	const resampled = (values: readonly number[]) => Array.from({length: textWidth}, (_, column) => {
		const from = Math.floor(column / textWidth * values.length);
		return most(values.slice(from, Math.max(from + 1, Math.floor((column + 1) / textWidth * values.length))));
	});
	return [
		...(marks.length > 0 ? [`${' '.repeat(widest)}  ${letters.join('')}`.trimEnd()] : []),
		...lines.map(({name, values}) => `${name.padEnd(widest)} [${sparkline(resampled(values), blockGlyphs)}] most ${figureOf(most(values))}`),
		`${' '.repeat(widest)}  ${clockTime(fromUs).slice(0, 8).padEnd(textWidth - 8)}${clockTime(toUs).slice(0, 8)}`,
	];
};
