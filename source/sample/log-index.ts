import {LogError, openLog, readIndex, type Log} from '../log/folder.js';
import {type AnyTold, type LoggedEvent} from '../events/told.js';
import {type ReplayIndex} from './replay-index.js';

const parts = 240;
/** Segments whose index is read in one turn: some ms. */
const batch = 16;
const mostEvents = 20_000;

const turn = async (): Promise<void> => new Promise(resolve => {
	setTimeout(resolve, 0);
});

type Part = {readonly firstUs: number; readonly lastUs: number; readonly born: number; readonly events: readonly LoggedEvent[]};

/** Indexes of segments that are complete stay as they were read. */
type LogIndex = {
	/** Looks again; undefined for an empty log. */
	read(): Promise<ReplayIndex | undefined>;
};

const birthsOf = (kept: ReadonlyArray<Omit<Part, 'events'>>, fromUs: number, toUs: number): number[] => {
	const births = Array.from({length: parts}, () => 0);
	const width = Math.max(1, toUs - fromUs) / parts;
	for (const {firstUs, lastUs, born} of kept) {
		const from = Math.max(0, Math.min(parts - 1, Math.floor((firstUs - fromUs) / width)));
		const to = Math.max(from, Math.min(parts - 1, Math.floor((lastUs - fromUs) / width)));
		for (let part = from; part <= to; part++) {
			births[part]! += born / (to - from + 1);
		}
	}

	return births;
};

/** What several logs hold together. */
export const mergeIndexes = (all: ReadonlyArray<ReplayIndex | undefined>): ReplayIndex | undefined => {
	const some = all.filter(index => index !== undefined);
	if (some.length === 0) {
		return undefined;
	}

	const firstUs = Math.min(...some.map(index => index.firstUs));
	const lastUs = Math.max(...some.map(index => index.lastUs));
	const births = some.flatMap(index => index.births.map((born, part) => {
		const width = (index.lastUs - index.firstUs) / parts;
		return {born, firstUs: index.firstUs + (part * width), lastUs: index.firstUs + ((part + 1) * width)};
	}));
	return {
		firstUs, lastUs, births: birthsOf(births, firstUs, lastUs),
		events: some.flatMap(({events}) => events).toSorted((one, other) => one.timeUs - other.timeUs).slice(-mostEvents),
	};
};

/**
What a log holds, for the time line, from the indexes of its segments. `differenceUs`: where several are looked at as one, what to add to times of its
writer's clock; else times are those of its timeline.
*/
export const createLogIndex = (folder: string, differenceUs?: number): LogIndex => {
	const known = new Map<number, Part>();

	const take = (log: Log, number: number): Part | undefined => {
		const index = readIndex(log.folder, number, log.owner);
		const offsetUs = index && differenceUs !== undefined ? index.wallOffsetUs + differenceUs : 0;
		return index && {
			firstUs: index.firstUs + offsetUs, lastUs: index.lastUs + offsetUs, born: index.born,
			events: index.events.map(([timeUs, told]) => ({timeUs: timeUs + offsetUs, event: (told as AnyTold).event, fields: told as AnyTold})),
		};
	};

	return {
		async read() {
			let log: Log;
			try {
				log = openLog(folder);
			} catch (error) {
				if (error instanceof LogError) {
					return undefined;
				}

				throw error;
			}

			const kept: Part[] = [];
			for (const [place, number] of log.numbers.entries()) {
				if (place % batch === batch - 1) {
					await turn();
				}

				// The last two may still be written.
				const part = (place < log.numbers.length - 2 ? known.get(number) : undefined) ?? take(log, number);
				if (part) {
					known.set(number, part);
					kept.push(part);
				}
			}

			const [first] = kept;
			const last = kept.at(-1);
			if (!first || !last) {
				return undefined;
			}

			return {firstUs: first.firstUs, lastUs: last.lastUs, births: birthsOf(kept, first.firstUs, last.lastUs), events: kept.flatMap(({events}) => events).slice(-mostEvents)};
		},
	};
};
