import {type LoggedEvent} from '../events/told.js';
import {changeKind} from '../table/changes.js';
import {changeKindOf, changeMs} from '../table/entry.js';
import {numberAt, openTableMemory} from '../table/memory.js';
import {createRingReader} from '../ring/shared-ring.js';
import {type Monitor} from '../engine/monitor.js';
import {secondUs} from '../wire/second.js';
import {createEventReader} from './event-log.js';

/** What a whole capture file holds, for the time line. */
export type ReplayIndex = {
	readonly firstUs: number;
	readonly lastUs: number;
	/** New sessions in each of equal parts of that time. */
	readonly births: readonly number[];
	/** What is not about single sessions, oldest first. */
	readonly events: readonly LoggedEvent[];
};

const parts = 240;
const mostEvents = 20_000;
/** Changes between two looks at the clock, and the time that a slice may take: keys come first. */
const batch = 1024;
const sliceMs = 4;
const restMs = 6;

const turn = async (): Promise<void> => new Promise(resolve => {
	setTimeout(resolve, restMs);
});

/** Follows a monitor that reads a file at full speed, in slices so that keys stay alive. */
export const readReplayIndex = async (monitor: Monitor, isOver: () => boolean): Promise<ReplayIndex | undefined> => {
	const {numbers} = openTableMemory(monitor.memory);
	const ring = createRingReader(monitor.memory.changes, {holdsWriter: true});
	const eventOf = createEventReader(monitor.memory, ring);
	const events: LoggedEvent[] = [];
	/** New sessions by second: a file of a year would be a list of 30 million, so seconds that have none are left out. */
	const bySecond = new Map<number, number>();

	const look = (words: Int32Array) => {
		const kind = changeKindOf(words, 0);
		if (kind === changeKind.new) {
			const second = Math.floor(changeMs(words, 0) / 1000);
			bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
			return;
		}

		const event = eventOf(words);
		if (event && events.length < mostEvents) {
			events.push(event);
		}
	};

	/** Whether there was less to read than there was time. */
	const readSlice = (): boolean => {
		const until = performance.now() + sliceMs;
		while (performance.now() < until) {
			if (ring.read(look, batch) < batch) {
				return true;
			}
		}

		return false;
	};

	await monitor.started;
	for (;;) {
		// Asked before reading: what was written before the end must not be missed.
		const hasEnded = monitor.hasEnded();
		const isEmpty = readSlice();
		if (isOver()) {
			return undefined;
		}

		if (isEmpty && hasEnded) {
			break;
		}

		await turn();
	}

	const replay = monitor.status()?.span;
	if (!replay || replay.firstUs === 0) {
		return undefined;
	}

	const {firstUs, lastUs} = replay;
	const births = Array.from({length: parts}, () => 0);
	const width = Math.max(1, lastUs - firstUs) / parts;
	const originUs = numbers[numberAt.originUs]!;
	for (const [second, count] of bySecond) {
		const part = Math.max(0, Math.min(parts - 1, Math.floor((originUs + (second * secondUs) - firstUs) / width)));
		births[part]! += count;
	}

	return {firstUs, lastUs, births, events};
};
