import {type LoggedEvent} from '../../sample/event-log.js';
import {type PastChange} from '../../table/read/change-scan.js';
import {type Status} from '../../engine/status.js';
import {directorLetter} from '../../sample/screen-names.js';
import {stateName} from '../../wire/sync/conn-state.js';
import {type Naming, unnamed} from '../../text/alias-names.js';
import {clientText, pathRealText, protocolText, realText, stateText, virtualText} from '../../text/connection-text.js';
import {ago, onScreen} from '../../text/format.js';
import {type Tone} from '../../text/line.js';

export type EventText = {readonly name: string; readonly text: string; readonly tone: Tone};

type Fields = LoggedEvent['fields'];

const textOf = (value: unknown): string => value === undefined || value === null ? '' : onScreen(typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean));

/** An address with the letter of the director that has it. */
const whoOf = (address: unknown, status: Status | undefined, named: Naming): string => {
	const director = status?.directors.find(one => one.address === address);
	return director ? `${directorLetter(director.index)} (${named(director.address)})` : textOf(address);
};

const reports: Readonly<Record<string, (fields: Fields, who: (address: unknown) => string) => string>> = {
	director(fields, who) {
		const what = fields['what'] === 'sending'
			? `sends sync, id ${textOf(fields['syncid'])}, version ${textOf(fields['version'])}`
			: (fields['what'] === 'listening' ? `listens to sync (${textOf(fields['evidence']).toUpperCase()})` : `no longer listens (${textOf(fields['evidence']).toUpperCase()})`);
		return `${who(fields['address'])} ${what}`;
	},
	vrrp(fields, who) {
		const words: Readonly<Record<string, string>> = {
			master: 'is master', resigned: 'resigned (priority 0)', backup: 'gave way, is backup', silent: 'fell silent: its adverts stopped',
		};
		const from = fields['from'] === undefined ? '' : `, after ${who(fields['from'])}`;
		return `${who(fields['address'])} ${words[textOf(fields['role'])] ?? textOf(fields['role'])} of VRID ${textOf(fields['vrid'])}, priority ${textOf(fields['priority'])}${from}`;
	},
	'vip-claimed': (fields, who) => `${textOf(fields['address'])} claimed by ${fields['director'] === undefined ? textOf(fields['mac']) : who(fields['director'])}${fields['was'] === undefined ? '' : `, was ${textOf(fields['was'])}`}`,
	restart: (fields, who) => `sync daemon of ${who(fields['address'])} started anew: source port ${textOf(fields['sourcePort'])}, was ${textOf(fields['was'])}`,
	'wire-loss': (fields, who) => `${textOf(fields['lost'])} sync message${fields['lost'] === 1 ? '' : 's'} of ${who(fields['address'])} lost before we could hear them; ${textOf(fields['lostMessages'])} so far`,
	trigger: fields => `${textOf(fields['trigger'])} ${[fields['outcome'], fields['count'], fields['action']].map(textOf).filter(Boolean).join(' ')}${fields['cause'] === undefined ? '' : `, on ${textOf(fields['cause'])}`}${fields['detail'] === undefined ? '' : `: ${textOf(fields['detail'])}`}`,
	limit: fields => `${textOf(fields['count'])} ${textOf(fields['detail'])}`,
	note: fields => textOf(fields['text']),
	suspend: fields => `this host slept ${ago(Number(fields['seconds'] ?? 0))}`,
	source: fields => fields['recording'] === undefined
		? `${textOf(fields['segment'])} ${textOf(fields['state'])} ${textOf(fields['detail'] ?? fields['drops'] ?? '')}`
		: `recording to ${textOf(fields['recording'])} ${textOf(fields['state'])}, ${textOf(fields['lost'])} packets lost${fields['detail'] ? `: ${textOf(fields['detail'])}` : ''}`,
	'takeover-account': fields => `${ago(Number(fields['age'] ?? 0))} after the takeover, of ${textOf(fields['held'])} open: heard ${textOf(fields['heard'])}, closed ${textOf(fields['closed'])}, ran out ${textOf(fields['ranout'])}, waiting ${textOf(fields['waiting'])}, overdue ${textOf(fields['overdue'])}`,
	takeover: (fields, who) => `${textOf(fields['kind'])}: ${who(fields['from'])} to ${who(fields['to'])}, gap ${ago(Number(fields['gap'] ?? 0))}; knew ${textOf(fields['known'])} of ${textOf(fields['held'])} open`,
};

const tones: Readonly<Record<string, Tone>> = {
	takeover: 'alarm', 'split-brain': 'alarm', silent: 'warning', limit: 'warning', restart: 'warning', 'wire-loss': 'alarm', note: 'fresh', source: 'warning', suspend: 'warning', vrrp: 'heading',
};

const toneOf = ({event, fields}: LoggedEvent): Tone =>
	event === 'trigger' && fields['outcome'] !== 'ok' && fields['outcome'] !== 'dry-run' ? 'warning' : tones[event] ?? 'plain';

/** What is not about a single session, in plain words. */
export const eventText = (logged: LoggedEvent, status: Status | undefined, named: Naming = unnamed): EventText => {
	const {event, fields} = logged;
	const report = reports[event];
	const text = report
		? report(fields, address => whoOf(address, status, named))
		: Object.entries(fields).filter(([key, value]) => key !== 'event' && value !== undefined && typeof value !== 'object').map(([key, value]) => `${key} ${textOf(value)}`).join(', ');
	return {name: event, text, tone: toneOf(logged)};
};

const changeTones: Readonly<Record<string, Tone>> = {new: 'fresh', moved: 'warning', ranout: 'warning', evicted: 'alarm'};

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

export const changeText = (change: PastChange, named: Naming = unnamed): EventText => {
	const {connection, type} = change;
	const was = changeWords(change);
	return {
		name: type,
		text: `${protocolText(connection)} ${connection.template ? 'TPL' : stateText(connection)} ${[clientText, virtualText, realText].map(text => named(text(connection))).join(' > ')} by ${directorLetter(connection.director)}${was === '' ? '' : ` (${was})`}`,
		tone: changeTones[type] ?? 'plain',
	};
};
