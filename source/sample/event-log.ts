import {isName, readTold, type LoggedEvent} from '../events/told.js';
import {asideAt, changeKind} from '../table/changes.js';
import {changeKindOf, changeMs} from '../table/entry.js';
import {numberAt, openTableMemory, type TableMemory} from '../table/memory.js';
import {createRingReader, type RingReader} from '../ring/shared-ring.js';

type EventLog = {
	/** Takes in what happened since the last call. */
	update(): void;
	/** Newest last, at most some thousands. */
	events(): readonly LoggedEvent[];
	/** Changes that were overwritten before they were seen here. */
	lost(): number;
};

const mostEvents = 2000;
/** Changes looked at in one go: some 5 ms. */
const mostAtOnce = 200_000;

/** Whether a change is not about a single session. */
const isTold = (words: Int32Array, at: number): boolean => changeKindOf(words, at) === changeKind.aside;

/** The event in a record of the ring of changes, where it is one that is not about a single session. */
export const createEventReader = (memory: TableMemory, ring: RingReader): ((words: Int32Array) => LoggedEvent | undefined) => {
	const {numbers} = openTableMemory(memory);
	const decoder = new TextDecoder();

	return words => {
		if (changeKindOf(words, 0) !== changeKind.aside) {
			return undefined;
		}

		const octets = ring.text(words[asideAt.position]!, words[asideAt.length]!);
		const fields = octets && readTold(decoder.decode(octets));
		return fields && !isName(fields) ? {timeUs: numbers[numberAt.originUs]! + (changeMs(words, 0) * 1000), event: fields.event, fields} : undefined;
	};
};

/** Picks what is not about single sessions out of the changes, on the thread of the screen. */
export const createEventLog = (memory: TableMemory): EventLog => {
	const ring = createRingReader(memory.changes);
	const eventOf = createEventReader(memory, ring);
	let events: LoggedEvent[] = [];

	return {
		update() {
			const fresh: LoggedEvent[] = [];
			ring.read(words => {
				const event = eventOf(words);
				if (event) {
					fresh.push(event);
				}
			}, mostAtOnce, isTold);
			if (fresh.length > 0) {
				// A new list: samples are immutable.
				events = [...events, ...fresh].slice(-mostEvents);
			}
		},
		events: () => events,
		lost: ring.lost,
	};
};
