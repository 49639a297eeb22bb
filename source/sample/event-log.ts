import {asideAt, changeKind, changeKindOf, changeMs} from '../table/changes.js';
import {numberAt, openTableMemory, type TableMemory} from '../table/memory.js';
import {createRingReader} from '../table/shared-ring.js';

/** Something that is not about a single session, under the names of its output. */
export type LoggedEvent = {readonly timeUs: number; readonly event: string; readonly fields: Readonly<Record<string, unknown>>};

export type EventLog = {
	/** Takes in what happened since the last call. */
	update(): void;
	/** Newest last, at most some thousands. */
	events(): readonly LoggedEvent[];
	/** Changes that were overwritten before they were seen here. */
	lost(): number;
};

/** Names of segments and directors travel among the changes; they are no events. */
export const isNameAside = (fields: Readonly<Record<string, unknown>>): boolean => String(fields['event']).startsWith('@');

const mostEvents = 2000;
/** Changes looked at in one go: some 5 ms. */
const mostAtOnce = 200_000;

/** Picks what is not about single sessions out of the changes, on the thread of the screen. */
export const createEventLog = (memory: TableMemory): EventLog => {
	const {numbers} = openTableMemory(memory);
	const ring = createRingReader(memory.changes);
	const decoder = new TextDecoder();
	let events: LoggedEvent[] = [];

	return {
		update() {
			const fresh: LoggedEvent[] = [];
			ring.read(words => {
				if (changeKindOf(words, 0) !== changeKind.aside) {
					return;
				}

				const octets = ring.text(words[asideAt.position]!, words[asideAt.length]!);
				const fields = octets && JSON.parse(decoder.decode(octets)) as Record<string, unknown>;
				if (fields && !isNameAside(fields)) {
					fresh.push({timeUs: numbers[numberAt.originUs]! + (changeMs(words, 0) * 1000), event: String(fields['event']), fields});
				}
			}, mostAtOnce);
			if (fresh.length > 0) {
				// A new list: samples are immutable.
				events = [...events, ...fresh].slice(-mostEvents);
			}
		},
		events: () => events,
		lost: ring.lost,
	};
};
