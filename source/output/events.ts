import {events} from '../events/catalogue.js';
import {readTold, toldOf, type AnyTold, type LoggedEvent} from '../events/told.js';
import {type Change, type SessionChange} from '../table/changes.js';
import {clientText, pathRealText, protocolText, realText, stateText, virtualText} from '../text/connection-text.js';
import {printable, rfc3339, safeJson} from '../text/format.js';
import {stateName} from '../wire/sync/conn-state.js';
import {connectionFields} from './connection-fields.js';
import {type Names} from './names.js';

type EventFormat = {
	/** A line for one change, '' for those that only carry names. */
	line(change: Change): string;
	/** A line of this program itself: changes that a slow reader made it drop. */
	lost(timeUs: number, count: number): string;
	/** Something else that is about no session. */
	own(event: LoggedEvent): string;
};

/** What a session's change changed from, in the words of the field that changed; undefined for the other kinds. */
const wasText = (change: SessionChange, protocol: number, template: boolean): string | undefined => {
	if (change.type === 'state') {
		return stateName(protocol, change.wasState, template);
	}

	const path = change.type === 'moved' ? change.wasPath() : undefined;
	return path && pathRealText(path);
};

/** The event in an aside; undefined where it only carries names, or is overwritten. */
const aside = (json: string | undefined, names: Names): AnyTold | undefined => {
	const told = json === undefined ? undefined : readTold(json);
	return told && names.learn(told) ? undefined : told;
};

const jsonLine = (timeUs: number, told: AnyTold): string => `${safeJson({v: 1, type: 'event', time: rfc3339(timeUs), ...told})}\n`;

/** One NDJSON line per change. `toWallUs` turns a time of the timeline into the wall clock's. */
export const createJsonEvents = (names: Names, toWallUs: (timeUs: number) => number): EventFormat => ({
	line(change) {
		const timeUs = toWallUs(change.timeUs);
		switch (change.type) {
			case 'aside': {
				const told = aside(change.json, names);
				return told ? jsonLine(timeUs, told) : '';
			}

			case 'refused': {
				return jsonLine(timeUs, toldOf(events.refused, {
					segment: names.segment(change.segment), director: names.director(change.director), reason: change.fault, count: change.count,
				}));
			}

			default: {
				const connection = change.connection();
				if (!connection) {
					return '';
				}

				return jsonLine(timeUs, {
					event: change.type,
					...connectionFields(connection, names, change.timeUs),
					was: wasText(change, connection.protocol, connection.template),
				});
			}
		}
	},
	own: ({timeUs, fields}) => jsonLine(toWallUs(timeUs), fields),
	lost: (timeUs, count) => jsonLine(toWallUs(timeUs), toldOf(events.source, {state: 'behind', detail: 'the reader of this output was too slow', lostChanges: count})),
});

/** Names of events stand in a column. */
const plainHead = (timeUs: number, event: string): string => `${rfc3339(timeUs)} ${event.padEnd(11)}`;

const plainLine = (timeUs: number, {event, ...values}: AnyTold): string => `${plainHead(timeUs, event)} ${Object.entries(values)
	.filter(([, value]) => value !== undefined && value !== '')
	.map(([name, value]) => `${name}=${printable(typeof value === 'string' ? value : JSON.stringify(value))}`)
	.join(' ')}\n`;

/** One line per change for people and for grep: time, event, then what it is about. */
export const createPlainEvents = (names: Names, toWallUs: (timeUs: number) => number): EventFormat => ({
	line(change) {
		const timeUs = toWallUs(change.timeUs);
		switch (change.type) {
			case 'aside': {
				const told = aside(change.json, names);
				return told ? plainLine(timeUs, told) : '';
			}

			case 'refused': {
				return `${plainHead(timeUs, events.refused.name)} ${change.fault} director=${names.director(change.director)} count=${change.count}\n`;
			}

			default: {
				const connection = change.connection();
				if (!connection) {
					return '';
				}

				const was = wasText(change, connection.protocol, connection.template);
				return `${plainHead(timeUs, change.type)} ${protocolText(connection)} ${stateText(connection)} ${clientText(connection)} `
					+ `${virtualText(connection)} ${realText(connection)} by=${names.director(connection.director)}${was ? ` was=${was}` : ''}\n`;
			}
		}
	},
	own: ({timeUs, fields}) => plainLine(toWallUs(timeUs), fields),
	lost: (timeUs, count) => `${plainHead(toWallUs(timeUs), events.source.name)} state=behind lostChanges=${count}: the reader of this output was too slow\n`,
});
