import {fileURLToPath} from 'node:url';
import {filmOf, type Frame} from './film.js';
import {rowsOf, svgOf} from './svg.js';
import {openPicturedTerminal} from './terminal.js';

const capture = (name: string): string => fileURLToPath(new URL(`../test/captures/${name}`, import.meta.url));

/** What to type, and what the screen must show after it. */
type Step = readonly [keys: string, shows: RegExp];

/** A moment of a capture, where the program opens it and stands still: the same picture each time. */
type Scene = {readonly columns: number; readonly rows: number; readonly file: string; readonly at: string; readonly steps?: readonly Step[]};

/** The line of time is the last that a screen gets to know: the whole file has been read. */
const isWhole = /\] \d\d:\d\d:\d\d/v;

const rowsOfScene = async ({columns, rows, file, at, steps = []}: Scene): Promise<string[]> => {
	const screen = openPicturedTerminal(columns, rows, ['-r', capture(file), '--at', at]);
	try {
		await screen.until(isWhole);
		for (const [keys, shows] of steps) {
			screen.type(keys);
			await screen.until(shows);
		}

		return rowsOf(screen.terminal);
	} finally {
		await screen.close();
	}
};

const powerLoss = {file: 'failover-nopreempt.pcap', at: '+120'} as const;

/** A master that lost its power boots with an empty table and takes its place back at 18:55:51.9. */
const preempted = 'failover-preempt.pcap';

const scenes: Readonly<Record<string, Scene>> = {
	main: {...powerLoss, columns: 80, rows: 24},
	'main-wide': {...powerLoss, columns: 140, rows: 40},
	'vip-detail': {...powerLoss, columns: 100, rows: 28, steps: [['2', /VIPs \d/v], ['\r', /203\.0\.113\.0\/24/v]]},
	'session-detail': {...powerLoss, columns: 100, rows: 24, steps: [['G', /> *\S/v], ['\r', /first announced/v]]},
	failover: {...powerLoss, columns: 100, rows: 30, steps: [['4', /AT TAKEOVER/v]]},
	help: {...powerLoss, columns: 80, rows: 24, steps: [['?', /HELP/v]]},
	'takeover-before': {columns: 80, rows: 24, file: preempted, at: '2026-11-22T18:55:46.918Z', steps: [['4', /^PAIR A B/mv]]},
	'takeover-1s': {columns: 80, rows: 24, file: preempted, at: '2026-11-22T18:55:52.918Z', steps: [['4', /^PAIR A B/mv]]},
	'takeover-5s': {columns: 80, rows: 24, file: preempted, at: '2026-11-22T18:55:56.918Z', steps: [['4', /^PAIR A B/mv]]},
	'takeover-60s': {columns: 80, rows: 24, file: preempted, at: '2026-11-22T18:56:51.918Z', steps: [['4', /^PAIR A B/mv]]},
};

const drawScene = async (scene: Scene): Promise<string> => {
	const rows = await rowsOfScene(scene);
	return svgOf(scene.columns, scene.rows, rows.filter(Boolean).join('\n'));
};

/**
The same takeover as a film, stepped through second by second: the master's return, the verdict, the desk, the sessions at stake. What the
capture holds is what the frames show; only the pace is chosen.
*/
const film = {columns: 100, rows: 28, file: preempted} as const;
const tick = (second: string): Scene => ({...film, at: `2026-11-22T18:55:${second}Z`});
const desk: Step = ['4', /^PAIR A B/mv];
/** A filter while it is being typed, with the number of sessions that pass. */
const typed = (text: string): Step[] => [['/', /^\/ {2,}/mv], [text, new RegExp(String.raw`^/ ${text} .* of \d+`, 'mv')]];
/** Leaves the line of the filter. */
const entered: Step = ['\r', /danger first/v];

const takes: ReadonlyArray<{readonly scene: Scene; readonly seconds: number}> = [
	...['47', '48', '49', '50', '51'].map(second => ({scene: tick(second), seconds: 1})),
	{scene: tick('52'), seconds: 2.5},
	...['52', '53', '54', '56'].map(second => ({scene: {...tick(second), steps: [desk]}, seconds: 2})),
	{scene: tick('58'), seconds: 1.5},
	...['vport=8', 'vport=80', 'vport=80 es', 'vport=80 est'].map(text => ({scene: {...tick('58'), steps: typed(text)}, seconds: 0.4})),
	{scene: {...tick('58'), steps: [...typed('vport=80 est'), entered]}, seconds: 2},
	{scene: {...tick('58'), steps: [...typed('vport=80 est'), entered, ['\r', /first announced/v]]}, seconds: 4},
];

/** Shown where nothing moves: the verdict. */
const posterTake = 8;

/**
All pictures, drawn one after the other.

@yields {{name: string, svg: string}} A picture, by the name of its file.
*/
export async function * drawPictures(): AsyncGenerator<{readonly name: string; readonly svg: string}> {
	for (const [name, scene] of Object.entries(scenes)) {
		yield {name, svg: await drawScene(scene)};
	}

	const frames: Frame[] = [];
	for (const {scene, seconds} of takes) {
		frames.push({rows: await rowsOfScene(scene), seconds});
	}

	yield {name: 'takeover', svg: filmOf(film.columns, frames, posterTake)};
}
