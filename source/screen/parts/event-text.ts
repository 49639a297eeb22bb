import {events, kindOf} from '../../events/catalogue.js';
import {type AnyTold, type LoggedEvent} from '../../events/told.js';
import {type PastChange} from '../../table/read/change-scan.js';
import {type Status} from '../../engine/status.js';
import {directorLetter, directorName} from '../../sample/screen-names.js';
import {stateName} from '../../wire/sync/conn-state.js';
import {type Naming, unnamed} from '../../text/alias-names.js';
import {clientText, pathRealText, protocolText, realText, stateText, virtualText} from '../../text/connection-text.js';
import {onScreen} from '../../text/format.js';
import {type Tone} from '../../text/line.js';

type EventText = {readonly name: string; readonly text: string; readonly tone: Tone};

/** Texts from the wire, as the screen may show them. */
const shown = (values: AnyTold): AnyTold => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? onScreen(value) : value])) as AnyTold;

/** What is not about a single session, in plain words. */
export const eventText = ({event, fields}: LoggedEvent, status: Status | undefined, named: Naming = unnamed): EventText => {
	const kind = kindOf(event);
	const values = shown(fields);
	const who = (address: string): string => {
		const director = status?.directors.find(one => one.address === address);
		return director ? named(address) === address ? `${directorLetter(status, director.index)} (${address})` : named(address) : address;
	};

	return {name: event, text: kind?.sentence(values, who) ?? '', tone: kind?.toneOf(values) ?? 'plain'};
};

/** What a change of a session was, in a few words. */
export const changeWords = ({type, connection, wasState, wasPath}: PastChange): string => {
	switch (type) {
		case 'state': {
			return `was ${stateName(connection.protocol, wasState, connection.template)}`;
		}

		case 'moved': {
			return `was ${wasPath ? pathRealText(wasPath) : '?'}`;
		}

		default: {
			return '';
		}
	}
};

export const changeText = (change: PastChange, status: Status | undefined, named: Naming = unnamed): EventText => {
	const {connection, type} = change;
	const was = changeWords(change);
	return {
		name: type,
		text: `${protocolText(connection)} ${connection.template ? 'TPL' : stateText(connection)} ${[clientText, virtualText, realText].map(text => named(text(connection))).join(' > ')} by ${directorName(status, connection.director, named)}${was === '' ? '' : ` (${was})`}`,
		tone: events[type].tone,
	};
};
