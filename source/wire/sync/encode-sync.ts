/*
Writes sync messages as a master's kernel does: net/netfilter/ipvs/ip_vs_sync.c, ip_vs_sync_conn (version 1) and
ip_vs_sync_conn_v0. Big-endian throughout, except the sequence numbers of version 0, which a kernel copies as they
lie in its memory.
*/
import {type AddressWords, type Family} from '../packet.js';

/** Sequence adjustment of one direction, struct ip_vs_seq. */
export type SequenceAdjustment = {readonly initial: number; readonly delta: number; readonly previousDelta: number};

/** One connection as a master announces it. Addresses are four signed words, IPv4 in the first. */
export type SentRecord = {
	readonly family: Family;
	readonly protocol: number;
	readonly flags: number;
	readonly state: number;
	readonly cport: number;
	readonly vport: number;
	readonly dport: number;
	/** Not in version 0. */
	readonly fwmark: number;
	/** Seconds. Not in version 0. */
	readonly timeoutSeconds: number;
	readonly caddr: AddressWords;
	readonly vaddr: AddressWords;
	readonly daddr: AddressWords;
	/** In and out; version 0 sends them when the flags say so. */
	readonly sequences?: readonly [SequenceAdjustment, SequenceAdjustment];
	readonly peData?: Uint8Array;
	readonly peName?: Uint8Array;
};

export const syncHeaderOctets = {version0: 4, version1: 8} as const;

const option = {sequences: 1, peData: 2, peName: 3} as const;
const sequencesOctets = 24;
const octetsV0 = 24;
const octetsV1 = {4: 36, 6: 72} as const;

const padded = (length: number): number => (length + 3) & ~3;

/** Octets of a version 1 record with its options, without the padding that follows it. */
export const recordOctetsV1 = (record: SentRecord): number => octetsV1[record.family]
	+ (record.sequences ? 2 + sequencesOctets : 0)
	+ (record.peData ? 2 + record.peData.length : 0)
	+ (record.peName ? 2 + record.peName.length : 0);

const recordOctetsV0 = (record: SentRecord): number => octetsV0 + (record.sequences ? sequencesOctets : 0);

/** Writes an address in network order: four octets or sixteen. */
export const writeAddress = (view: DataView, offset: number, family: Family, words: AddressWords): number => {
	const count = family === 4 ? 1 : 4;
	for (let word = 0; word < count; word++) {
		view.setInt32(offset + (word * 4), words[word] ?? 0);
	}

	return offset + (count * 4);
};

const writeSequences = (view: DataView, offset: number, record: SentRecord, littleEndian: boolean): number => {
	for (const {initial, delta, previousDelta} of record.sequences ?? []) {
		view.setUint32(offset, initial, littleEndian);
		view.setUint32(offset + 4, delta, littleEndian);
		view.setUint32(offset + 8, previousDelta, littleEndian);
		offset += 12;
	}

	return offset;
};

const writeOption = (view: DataView, offset: number, type: number, data: Uint8Array): number => {
	view.setUint8(offset, type);
	view.setUint8(offset + 1, data.length);
	for (const [index, octet] of data.entries()) {
		view.setUint8(offset + 2 + index, octet);
	}

	return offset + 2 + data.length;
};

/** Writes the header of a version 1 message of `size` octets. Gives the octet after it. */
const writeSyncHeaderV1 = (view: DataView, offset: number, syncid: number, size: number, count: number): number => {
	view.setUint8(offset, 0);
	view.setUint8(offset + 1, syncid);
	view.setUint16(offset + 2, size);
	view.setUint8(offset + 4, count);
	view.setUint8(offset + 5, 1);
	view.setUint16(offset + 6, 0);
	return offset + syncHeaderOctets.version1;
};

/** Writes a version 1 record with its options. Gives the octet after it; the caller pads to four octets before the next. */
const writeRecordV1 = (view: DataView, offset: number, record: SentRecord): number => {
	view.setUint8(offset, record.family === 6 ? 1 : 0);
	view.setUint8(offset + 1, record.protocol);
	view.setUint16(offset + 2, recordOctetsV1(record));
	view.setUint32(offset + 4, record.flags);
	view.setUint16(offset + 8, record.state);
	view.setUint16(offset + 10, record.cport);
	view.setUint16(offset + 12, record.vport);
	view.setUint16(offset + 14, record.dport);
	view.setUint32(offset + 16, record.fwmark);
	view.setUint32(offset + 20, record.timeoutSeconds);
	let at = writeAddress(view, offset + 24, record.family, record.caddr);
	at = writeAddress(view, at, record.family, record.vaddr);
	at = writeAddress(view, at, record.family, record.daddr);

	if (record.sequences) {
		view.setUint8(at, option.sequences);
		view.setUint8(at + 1, sequencesOctets);
		at = writeSequences(view, at + 2, record, false);
	}

	if (record.peData) {
		at = writeOption(view, at, option.peData, record.peData);
	}

	return record.peName ? writeOption(view, at, option.peName, record.peName) : at;
};

/** Writes a version 0 record, IPv4 only. Gives the octet after it. */
const writeRecordV0 = (view: DataView, offset: number, record: SentRecord, littleEndian: boolean): number => {
	view.setUint8(offset, 0);
	view.setUint8(offset + 1, record.protocol);
	view.setUint16(offset + 2, record.cport);
	view.setUint16(offset + 4, record.vport);
	view.setUint16(offset + 6, record.dport);
	let at = writeAddress(view, offset + 8, 4, record.caddr);
	at = writeAddress(view, at, 4, record.vaddr);
	at = writeAddress(view, at, 4, record.daddr);
	view.setUint16(at, record.flags & 0xff_ff);
	view.setUint16(at + 2, record.state);
	return writeSequences(view, at + 4, record, littleEndian);
};

/**
Encodes a version 1 message. Records start on four octets, and the last one is not padded.
The count of records is one octet: like a kernel, it wraps beyond 255.
*/
export const encodeSyncV1 = (syncid: number, records: readonly SentRecord[]): Uint8Array<ArrayBuffer> => {
	let size: number = syncHeaderOctets.version1;
	for (const record of records) {
		size = padded(size) + recordOctetsV1(record);
	}

	const octets = new Uint8Array(size);
	const view = new DataView(octets.buffer);
	let at = writeSyncHeaderV1(view, 0, syncid, size, records.length & 0xff);
	for (const record of records) {
		at = writeRecordV1(view, padded(at), record);
	}

	return octets;
};

/** Encodes a version 0 message; `littleEndian` is the byte order of the director, seen in its sequence numbers alone. */
export const encodeSyncV0 = (
	syncid: number,
	records: readonly SentRecord[],
	{littleEndian = true} = {},
): Uint8Array<ArrayBuffer> => {
	const size = records.reduce<number>((sum, record) => sum + recordOctetsV0(record), syncHeaderOctets.version0);
	const octets = new Uint8Array(size);
	const view = new DataView(octets.buffer);
	view.setUint8(0, records.length & 0xff);
	view.setUint8(1, syncid);
	view.setUint16(2, size);
	let at: number = syncHeaderOctets.version0;
	for (const record of records) {
		at = writeRecordV0(view, at, record, littleEndian);
	}

	return octets;
};
