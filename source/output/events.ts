import {type Change, type SessionChange} from '../table/changes.js';
import {clientText, pathRealText, protocolText, realText, stateText, virtualText} from '../text/connection-text.js';
import {printable, rfc3339, safeJson} from '../text/format.js';
import {stateName} from '../wire/sync/conn-state.js';
import {connectionFields} from './connection-fields.js';
import {type Names} from './names.js';

export type EventFormat = {
	/** A line for one change, '' for those that only carry names. */
	line(change: Change): string;
	/** A line of this program itself: changes that a slow reader made it drop. */
	lost(timeUs: number, count: number): string;
	/** Another one, under names of its own. */
	own(timeUs: number, event: string, fields: Readonly<Record<string, unknown>>): string;
};

/** What a session's change changed from, in the words of the field that changed; undefined for the other kinds. */
const wasText = (change: SessionChange, protocol: number, template: boolean): string | undefined => {
	if (change.type === 'state') {
		return stateName(protocol, change.wasState, template);
	}

	const path = change.type === 'moved' ? change.wasPath() : undefined;
	return path && pathRealText(path);
};

const aside = (json: string | undefined, names: Names): Record<string, unknown> | undefined => {
	if (json === undefined) {
		return undefined;
	}

	const fields = JSON.parse(json) as Record<string, unknown>;
	return names.learn(fields) ? undefined : fields;
};

const jsonLine = (timeUs: number, event: string, fields: Readonly<Record<string, unknown>>): string =>
	`${safeJson({v: 1, type: 'event', time: rfc3339(timeUs), event, ...fields})}\n`;

/** One NDJSON line per change. `toWallUs` turns a time of the timeline into the wall clock's. */
export const createJsonEvents = (names: Names, toWallUs: (timeUs: number) => number): EventFormat => ({
	line(change) {
		const timeUs = toWallUs(change.timeUs);
		switch (change.type) {
			case 'aside': {
				const fields = aside(change.json, names);
				if (!fields) {
					return '';
				}

				const {event, ...rest} = fields;
				return jsonLine(timeUs, event as string, rest);
			}

			case 'refused': {
				return jsonLine(timeUs, 'refused', {
					segment: names.segment(change.segment), director: names.director(change.director), reason: change.fault, count: change.count,
				});
			}

			default: {
				const connection = change.connection();
				if (!connection) {
					return '';
				}

				return jsonLine(timeUs, change.type, {
					...connectionFields(connection, names, change.timeUs),
					was: wasText(change, connection.protocol, connection.template),
				});
			}
		}
	},
	own: (timeUs, event, fields) => jsonLine(toWallUs(timeUs), event, fields),
	lost: (timeUs, count) => jsonLine(toWallUs(timeUs), 'source', {state: 'behind', detail: 'the reader of this output was too slow', lostChanges: count}),
});

const plainFields = (fields: Readonly<Record<string, unknown>>): string =>
	Object.entries(fields)
		.filter(([, value]) => value !== undefined && value !== '')
		.map(([name, value]) => `${name}=${printable(typeof value === 'string' ? value : JSON.stringify(value))}`)
		.join(' ');

/** One line per change for people and for grep: time, event, then what it is about. */
export const createPlainEvents = (names: Names, toWallUs: (timeUs: number) => number): EventFormat => ({
	line(change) {
		const time = rfc3339(toWallUs(change.timeUs));
		switch (change.type) {
			case 'aside': {
				const fields = aside(change.json, names);
				if (!fields) {
					return '';
				}

				const {event, ...rest} = fields;
				return `${time} ${String(event).padEnd(11)} ${plainFields(rest)}\n`;
			}

			case 'refused': {
				return `${time} refused     ${change.fault} director=${names.director(change.director)} count=${change.count}\n`;
			}

			default: {
				const connection = change.connection();
				if (!connection) {
					return '';
				}

				const was = wasText(change, connection.protocol, connection.template);
				return `${time} ${change.type.padEnd(11)} ${protocolText(connection)} ${stateText(connection)} ${clientText(connection)} `
					+ `${virtualText(connection)} ${realText(connection)} by=${names.director(connection.director)}${was ? ` was=${was}` : ''}\n`;
			}
		}
	},
	own: (timeUs, event, fields) => `${rfc3339(toWallUs(timeUs))} ${event.padEnd(11)} ${plainFields(fields)}\n`,
	lost: (timeUs, count) => `${rfc3339(toWallUs(timeUs))} source      state=behind lostChanges=${count}: the reader of this output was too slow\n`,
});
