import * as field from '../events/field.js';
import {reason, session, sessionExtras} from '../events/session-fields.js';
import {type HeardRecord} from '../ring/record-ring.js';
import {printable, rfc3339, safeJson} from '../text/format.js';
import {formatAddress, formatEndpoint} from '../wire/address.js';
import {connFlags, flagNames, forwardingName} from '../wire/sync/conn-flags.js';
import {protocolName, stateName} from '../wire/sync/conn-state.js';
import {faultNames} from '../wire/fault.js';
import {recordAt} from '../wire/sync/record-batch.js';
import {peText} from './connection-fields.js';
import {type Names} from './names.js';

type Value = string | number | boolean | readonly string[] | undefined;
type Read = (record: HeardRecord, names: Names, toWallUs: (timeUs: number) => number) => Value;

const word = (record: HeardRecord, at: number): number => record.words[at]!;
const familyOf = (record: HeardRecord): 4 | 6 => word(record, recordAt.family) === 6 ? 6 : 4;
const isTemplate = (record: HeardRecord): boolean => (word(record, recordAt.flags) & connFlags.template) !== 0;
const address = (at: number): Read => record => formatAddress(record.words, at, familyOf(record));
const stateOf = (record: HeardRecord): string => stateName(word(record, recordAt.protocol), word(record, recordAt.state), isTemplate(record));
const refusal = (record: HeardRecord): string | undefined => word(record, recordAt.fault) === 0 ? undefined : faultNames[word(record, recordAt.fault)];
const pe = (octets: Uint8Array | undefined): string | undefined => octets && octets.length > 0 ? peText(octets) : undefined;

/** How a field of a record is read, and what it holds. */
type RecordField = {readonly read: Read; readonly holds: field.Field; /** Not every record has it. */ readonly isOptional?: true};

/** Every field of a record, in the order of output. The names are those of a connection where they mean the same. */
const fields: Readonly<Record<string, RecordField>> = {
	time: {read: (record, _, toWallUs) => rfc3339(toWallUs(record.timeUs)), holds: field.time('When the message was heard.')},
	segment: {read: (record, names) => printable(names.segment(record.segment)), holds: session.segment},
	source: {read: record => formatAddress(record.source, 0, record.sourceFamily), holds: field.address('Sender of the message.')},
	sourcePort: {read: record => record.sourcePort, holds: field.port('Its port.')},
	syncPort: {read: record => record.syncPort, holds: field.port('The port it was sent to.')},
	syncid: {read: record => record.syncid, holds: field.integer('Sync id of the message.')},
	version: {read: record => record.version, holds: field.integer('Version of the sync protocol, 0 or 1.')},
	index: {read: record => record.index, holds: field.integer('Place of the record in its message.')},
	proto: {read: record => protocolName(word(record, recordAt.protocol)), holds: session.proto},
	state: {read: stateOf, holds: session.state},
	client: {read: address(recordAt.caddr), holds: session.client},
	cport: {read: record => word(record, recordAt.cport), holds: session.cport},
	virtual: {read: address(recordAt.vaddr), holds: session.virtual},
	vport: {read: record => word(record, recordAt.vport), holds: session.vport},
	real: {read: address(recordAt.daddr), holds: session.real},
	rport: {read: record => word(record, recordAt.dport), holds: session.rport},
	forward: {read: record => forwardingName(word(record, recordAt.flags)), holds: session.forward},
	fwmark: {read: record => word(record, recordAt.fwmark) >>> 0, holds: session.fwmark},
	flags: {read: record => flagNames(word(record, recordAt.flags)), holds: session.flags},
	template: {read: isTemplate, holds: session.template},
	pe: {read: record => pe(record.peName), holds: sessionExtras.pe, isOptional: true},
	peData: {read: record => pe(record.peData), holds: sessionExtras.peData, isOptional: true},
	timeout: {read: record => word(record, recordAt.timeoutSeconds) >>> 0, holds: field.integer('Seconds, as announced; 0 leaves it to the receiver.')},
	refused: {read: refusal, holds: reason, isOptional: true},
};

/** What the fields hold: those that every record has, or the others. */
export const recordFields = (optional: boolean): field.Fields =>
	Object.fromEntries(Object.entries(fields).filter(([, {isOptional = false}]) => isOptional === optional).map(([name, {holds}]) => [name, holds]));

export const recordFieldNames: readonly string[] = Object.keys(fields);

type RecordFormat = (record: HeardRecord) => string;

/** What all records of one message have in common. */
const sameMessage = (record: HeardRecord, other: HeardRecord): boolean =>
	record.timeUs === other.timeUs && record.segment === other.segment && record.syncid === other.syncid && record.version === other.version
	&& record.sourcePort === other.sourcePort && record.syncPort === other.syncPort && record.sourceFamily === other.sourceFamily
	&& record.source.every((part, index) => part === other.source[index]);

const mostFlagTexts = 4096;

/**
A line of JSON per record. Put together by hand, which takes a third of what an object and `JSON.stringify` take: only names
of segments and data of persistence engines can hold what JSON must escape.
*/
export const createJsonRecords = (names: Names, toWallUs: (timeUs: number) => number): RecordFormat => {
	let first: HeardRecord | undefined;
	let segment = '';
	let head = '';
	const flagTexts = new Map<number, string>();

	const headOf = (record: HeardRecord): string => {
		const name = names.segment(record.segment);
		if (first === undefined || name !== segment || !sameMessage(record, first)) {
			first = {...record, source: record.source.slice()};
			segment = name;
			head = `{"v":1,"type":"record","time":"${rfc3339(toWallUs(record.timeUs))}","segment":${safeJson(name)},`
				+ `"source":"${formatAddress(record.source, 0, record.sourceFamily)}","sourcePort":${record.sourcePort},"syncPort":${record.syncPort},`
				+ `"syncid":${record.syncid},"version":${record.version},"index":`;
		}

		return head;
	};

	const flagsOf = (flags: number): string => {
		const known = flagTexts.get(flags);
		if (known !== undefined) {
			return known;
		}

		if (flagTexts.size >= mostFlagTexts) {
			flagTexts.clear();
		}

		const text = JSON.stringify(flagNames(flags));
		flagTexts.set(flags, text);
		return text;
	};

	return record => {
		const {words} = record;
		const family = familyOf(record);
		const flags = word(record, recordAt.flags);
		const peName = pe(record.peName);
		const data = pe(record.peData);
		const refused = refusal(record);
		return `${headOf(record)}${record.index},"proto":"${protocolName(word(record, recordAt.protocol))}","state":"${stateOf(record)}",`
			+ `"client":"${formatAddress(words, recordAt.caddr, family)}","cport":${word(record, recordAt.cport)},`
			+ `"virtual":"${formatAddress(words, recordAt.vaddr, family)}","vport":${word(record, recordAt.vport)},`
			+ `"real":"${formatAddress(words, recordAt.daddr, family)}","rport":${word(record, recordAt.dport)},`
			+ `"forward":"${forwardingName(flags)}","fwmark":${word(record, recordAt.fwmark) >>> 0},"flags":${flagsOf(flags)},"template":${isTemplate(record)},`
			+ `${peName === undefined ? '' : `"pe":${JSON.stringify(peName)},`}${data === undefined ? '' : `"peData":${JSON.stringify(data)},`}`
			+ `"timeout":${word(record, recordAt.timeoutSeconds) >>> 0}${refused === undefined ? '' : `,"refused":"${refused}"`}}\n`;
	};
};

/** The chosen fields, separated by tabs; several values in one field by commas. */
export const createTabbedRecords = (chosen: readonly string[], names: Names, toWallUs: (timeUs: number) => number): RecordFormat => {
	const readers = chosen.map(name => fields[name]!.read);
	return record => `${readers.map(read => (read(record, names, toWallUs) ?? '').toString()).join('\t')}\n`;
};

/** A line for people: when, from whom, then the columns of `ipvsadm -Lnc` with the announced timeout, and what was odd. */
export const createPlainRecords = (toWallUs: (timeUs: number) => number): RecordFormat => record => {
	const family = familyOf(record);
	const endpoint = (at: number, port: number) => formatEndpoint(record.words, at, family, word(record, port));
	const refused = refusal(record);
	const data = pe(record.peData);
	return `${rfc3339(toWallUs(record.timeUs))} ${formatAddress(record.source, 0, record.sourceFamily)} id ${record.syncid} v${record.version} `
		+ `${protocolName(word(record, recordAt.protocol)).padEnd(3)} ${`${word(record, recordAt.timeoutSeconds) >>> 0}s`.padEnd(5)} ${stateOf(record).padEnd(11)} `
		+ `${endpoint(recordAt.caddr, recordAt.cport).padEnd(18)} ${endpoint(recordAt.vaddr, recordAt.vport).padEnd(18)} ${endpoint(recordAt.daddr, recordAt.dport)} `
		+ `${forwardingName(word(record, recordAt.flags))} ${flagNames(word(record, recordAt.flags)).join(',') || '-'}`
		+ `${data ? ` ${pe(record.peName) ?? ''}=${data}` : ''}${refused ? ` REFUSED ${refused}` : ''}\n`;
};
