import {renderToString} from 'ink';
import {type Monitor} from '../../source/engine/monitor.js';
import {type Status} from '../../source/engine/status.js';
import {createPlayer} from '../../source/sample/player.js';
import {createSampler} from '../../source/sample/sampler.js';
import {createStage, type Stage} from '../../source/screen/stage.js';
import {type Frame, type Setting} from '../../source/screen/frame.js';
import {initialUiState, type UiState} from '../../source/screen/ui-state.js';
import {ThemeContext} from '../../source/screen/theme.js';
import {type TableMemory} from '../../source/table/memory.js';
import {snapshotTable} from '../../source/table/read/snapshot.js';
import {unnamed} from '../../source/text/alias-names.js';
import {asciiGlyphs} from '../../source/text/glyphs.js';
import {capture} from '../support/program.js';
import {replayWithStops, type TestEngine} from '../support/replay-engine.js';

/** Sizes at which every picture must hold. */
export const sizes = [[60, 15], [80, 24], [140, 40], [200, 60]] as const;

const statusOf = ({engine}: TestEngine): Status => ({
	description: 'eth1', sinceUs: engine.firstUs(), wallOffsetUs: 0, places: engine.places(), segments: engine.segments.names(), directors: engine.directors.all(), failover: engine.failover(),
	tally: engine.tally, limits: engine.limits(), span: {firstUs: engine.firstUs(), lastUs: engine.lastPacketUs()}, replay: undefined, recording: undefined, log: undefined, past: undefined,
} as unknown as Status);

export type Drawing = {
	frame(columns: number, rows: number, ui?: Partial<UiState>): Frame;
	close(): void;
};

/** A capture as it stands at a moment, to be laid out at any size, without a terminal and without a thread. */
export const openDrawing = async (name: string, at: string): Promise<Drawing> => {
	let status: Status | undefined;
	let memory: TableMemory | undefined;
	await replayWithStops(capture(name), [Date.parse(at) * 1000], (_moment, stopped) => {
		status ??= structuredClone(statusOf(stopped));
		memory ??= snapshotTable(stopped.memory);
	});
	const monitor = {
		memory, records: undefined, started: Promise.resolve(), ended: new Promise<never>(() => {}), hasEnded: () => false, end: () => undefined, status: () => status,
		subscribe: () => () => {}, send() {}, async close() {},
	} as unknown as Monitor;
	const sampler = createSampler(createPlayer(monitor, {reopen: () => monitor, survey: () => monitor}), {intervalMs: 1_000_000, aliases: new Map(), ownEvents: () => []});
	const stages: Stage[] = [];
	return {
		frame(columns, rows, ui = {}) {
			const setting: Setting = {columns, rows, localTime: false, intervalSeconds: 1, target: '', glyphs: asciiGlyphs, naming: unnamed};
			const stage = createStage(sampler, {ui: {...initialUiState(''), ...ui}, setting});
			stages.push(stage);
			return stage.frame();
		},
		close() {
			for (const stage of stages) {
				stage.close();
			}

			sampler.close();
		},
	};
};

/** The picture of a frame as text, a line for each row of the screen. */
export const drawn = (frame: Frame): string[] => renderToString(
	<ThemeContext value={{hasColor: false}}><frame.page.Picture frame={frame}/></ThemeContext>,
	{columns: frame.columns},

).replaceAll(/\u{1B}\[[\d;]*m/gv, '').split('\n');
