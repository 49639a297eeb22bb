/*
One UDP payload of the sync protocol: the header, which version it is, and the walk over the records.
Linux net/netfilter/ipvs/ip_vs_sync.c, struct ip_vs_sync_mesg_v0 and ip_vs_sync_mesg, ip_vs_process_message.

Version 0                                   Version 1
   0  nr_conns (8): 1 to 255                   0  reserved (8): 0
   1  syncid (8)                               1  syncid (8)
   2  size (16): of the whole payload          2  size (16): of the whole payload
   4  records                                  4  nr_conns (8)
                                               5  version (8): 1
                                               6  spare (16): 0
                                               8  records, each at a multiple of 4
Both big-endian; directors of the Linux 2.4 era wrote the size in their own order. A receiver takes a message for version 1
when reserved, version and spare have these values, and for version 0 otherwise. The sender never bounds the 8-bit count: with
a large maximum size it wraps, and backups then lose the records beyond it.
*/
import {faultCode} from '../fault.js';
import {type Datagram} from '../packet.js';
import {maxRecords, recordAt, recordWords, type RecordBatch} from './record-batch.js';
import {lengthV0, readRecordV0, simpleLengthV0} from './sync-v0.js';
import {plainLengthV4, readPlainV4, readRecordV1} from './sync-v1.js';

const headerLengthV0 = 4;
const headerLengthV1 = 8;

const countTooBig = faultCode['count-too-big'];
const beyondCount = faultCode['beyond-count'];

const swapOctets = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

/** Octets 5 to 7 say version 1. Needs 8 octets. */
const looksLikeVersion1 = (view: DataView, offset: number): boolean =>
	view.getUint8(offset + 5) === 1 && view.getUint16(offset + 6) === 0;

/** Whether version 0 records, as many as the header counts, fill the message to its last octet. */
const fitsVersion0 = (view: DataView, payload: number, count: number, end: number): boolean => {
	let offset = payload + headerLengthV0;
	for (let index = 0; index < count; index++) {
		if (end - offset < simpleLengthV0) {
			return false;
		}

		offset += lengthV0(view, offset);
	}

	return offset === end;
};

/** Records of version 1 start at a multiple of four octets; the last one is not padded. */
const padded = (length: number): number => (length + 3) & ~3;

/*
Reads records until the count is used up, then goes on as long as the rest parses without any fault: those are what a wrapped
count hides from backups.
*/
const walk = (batch: RecordBatch, view: DataView, payload: number, start: number, claimedEnd: number, end: number): void => {
	const {words, version, claimedCount} = batch;
	let offset = start;
	let recordEnd = start;
	let count = 0;
	while (count < maxRecords) {
		if (version === 1) {
			const plain = readPlainV4(view, offset, end, words, count, claimedCount, payload) - count;
			count += plain;
			offset += plain * plainLengthV4;
			recordEnd = plain > 0 ? offset : recordEnd;
		}

		const beyond = count >= claimedCount;
		if (offset >= claimedEnd) {
			if (!beyond) {
				batch.restFault = countTooBig;
			}

			break;
		}

		const base = count * recordWords;
		const length = version === 1
			? readRecordV1(view, offset, claimedEnd, end, words, base, payload)
			: readRecordV0(view, offset, claimedEnd, end, words, base, payload);
		if (length <= 0) {
			if (length < 0 && !beyond) {
				batch.restFault = -length;
			}

			break;
		}

		if (beyond) {
			if (words[base + recordAt.fault] !== 0) {
				break;
			}

			words[base + recordAt.fault] = beyondCount;
		}

		recordEnd = offset + length;
		offset = version === 1 ? payload + padded(recordEnd - payload) : recordEnd;
		count++;
	}

	batch.count = count;
	batch.trailing = claimedEnd - recordEnd;
};

/** The fault that drops the whole message; sets version, sync id, size and count of `batch` as far as they can be read. */
const readHeader = (datagram: Datagram, batch: RecordBatch, end: number): number => {
	const {view, offset: payload, claimedLength} = datagram;
	if (claimedLength < headerLengthV0) {
		return faultCode.short;
	}

	if (end - payload < headerLengthV0) {
		return faultCode['truncated-capture'];
	}

	batch.syncid = view.getUint8(payload + 1);
	batch.size = view.getUint16(payload + 2);
	if (batch.size !== claimedLength) {
		return swapOctets(batch.size) === claimedLength ? faultCode['size-host-order'] : faultCode['size-mismatch'];
	}

	const first = view.getUint8(payload);
	if (claimedLength < headerLengthV1) {
		batch.version = 0;
		batch.claimedCount = first;
		return faultCode.none;
	}

	if (end - payload < headerLengthV1) {
		return faultCode['truncated-capture'];
	}

	const version1 = looksLikeVersion1(view, payload);
	if (first === 0) {
		// A receiver would read it as version 0 without records: a later version, or something else altogether.
		if (!version1) {
			return faultCode['unknown-version'];
		}

		batch.version = 1;
		batch.claimedCount = view.getUint8(payload + 4);
		return faultCode.none;
	}

	batch.version = 0;
	batch.claimedCount = first;
	if (version1 && (batch.partial || !fitsVersion0(view, payload, first, end))) {
		return faultCode['not-sync'];
	}

	return faultCode.none;
};

/** Decodes the payload of `datagram` into `batch`, as a strict backup would take it. Whatever the octets are, it returns. */
export const decodeSyncMessage = (datagram: Datagram, batch: RecordBatch): void => {
	const payload = datagram.offset;
	const claimedEnd = payload + datagram.claimedLength;
	const end = Math.min(payload + datagram.length, claimedEnd, datagram.view.byteLength);
	batch.count = 0;
	batch.version = 1;
	batch.syncid = 0;
	batch.claimedCount = 0;
	batch.size = 0;
	batch.restFault = 0;
	batch.trailing = 0;
	batch.partial = end < claimedEnd;
	batch.messageFault = readHeader(datagram, batch, end);
	if (batch.messageFault === 0) {
		const start = payload + (batch.version === 1 ? headerLengthV1 : headerLengthV0);
		walk(batch, datagram.view, payload, start, claimedEnd, end);
	}
};
