/* A table and the model of it, brought to one form. */
import {Buffer} from 'node:buffer';
import {type ChangeReader} from '../../source/table/changes.js';
import {type Connection} from '../../source/table/connection.js';
import {entryFlag} from '../../source/table/entry.js';
import {addressText, type ModelEntry} from './model.js';
import {flags, startUs} from './support.js';

/** Persistence engine data as the model has it: a character for each octet. */
export const peText = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1');

const wireFlag: ReadonlyArray<readonly [number, number]> = [
	[entryFlag.sync, 0x20], [entryFlag.noOutput, 0x80], [entryFlag.inactive, flags.inactive], [entryFlag.outSeq, 0x2_00], [entryFlag.inSeq, 0x4_00],
	[entryFlag.noCport, flags.noCport], [entryFlag.template, flags.template], [entryFlag.nfct, flags.nfct],
];

/** As the model names it. Octets that are no text stay apart. */
const keyOf = (connection: Connection): string => [
	connection.segment, connection.family, connection.protocol, addressText(connection.caddr), connection.cport, addressText(connection.vaddr), connection.vport,
	connection.template ? `template ${connection.pe ? peText(connection.pe.data) : ''}` : '', connection.protocol === 0 ? connection.path.syncid : '',
].join('|');

/** An entry of the table as the model holds it. */
export const entryOf = (connection: Connection): ModelEntry => ({
	key: keyOf(connection),
	family: connection.family,
	protocol: connection.protocol,
	caddr: addressText(connection.caddr),
	cport: connection.cport,
	template: connection.template,
	state: connection.state,
	daddr: addressText(connection.daddr),
	dport: connection.dport,
	lastDaddr: addressText(connection.lastDaddr ?? connection.daddr),
	lastDport: connection.lastDport ?? connection.dport,
	forward: connection.forward,
	fwmark: connection.fwmark,
	syncid: connection.syncid,
	flags: wireFlag.reduce((bits, [packed, wire]) => bits | ((connection.flags & packed) === 0 ? 0 : wire), 0),
	illFormed: (connection.flags & entryFlag.illFormed) !== 0,
	partial: (connection.flags & entryFlag.partial) !== 0,
	timeoutSeconds: connection.timeoutSeconds,
	firstMs: Math.round((connection.firstUs - startUs) / 1000),
	lastMs: Math.round((connection.lastUs - startUs) / 1000),
	updates: connection.updates,
	director: connection.director,
	directorsMask: connection.directorsMask,
	sentMask: connection.sentMask,
	pe: connection.pe ? peText(connection.pe.data) : '',
});

/** What happened since the last call, in any order, as the model says it. */
export const storyOf = (reader: ChangeReader): string[] => {
	const story: string[] = [];
	reader.read(change => {
		if (change.type === 'refused' || change.type === 'aside') {
			return;
		}

		const connection = change.connection()!;
		const was = change.wasPath();
		story.push([
			change.type, Math.round((change.timeUs - startUs) / 1000), keyOf(connection), connection.state,
			`${addressText(connection.daddr)}:${connection.dport}`, connection.updates,
			change.type === 'state' ? change.wasState : (was ? `${addressText(was.daddr)}:${was.dport}` : ''),
		].join(' '));
	});
	return story.sort();
};
