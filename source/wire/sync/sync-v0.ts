/*
Record of a version 0 message, without padding; every field big-endian but the sequence options, which are in the byte
order of the director that sent them. IPv4 only.
Linux net/netfilter/ipvs/ip_vs_sync.c, struct ip_vs_sync_conn_v0 and ip_vs_sync_conn_options.

   0  reserved (8): uninitialised in old senders   protocol (8)
   2  cport (16)
   4  vport (16)
   6  dport (16)
   8  caddr (32)
  12  vaddr (32)
  16  daddr (32)
  20  flags (16)
  22  state (16)
  24  only with IN_SEQ or OUT_SEQ: in_seq, out_seq, each init_seq (32)  delta (32)  previous_delta (32)
*/
import {faultCode} from '../fault.js';
import {connFlags} from './conn-flags.js';
import {checkValues, findAnomalies} from './record-checks.js';
import {recordAt} from './record-batch.js';

const at = {protocol: 1, cport: 2, vport: 4, dport: 6, caddr: 8, vaddr: 12, daddr: 16, flags: 20, state: 22} as const;

export const simpleLengthV0 = 24;
const fullLengthV0 = 48;

const truncated = faultCode['record-truncated'];
const pastEnd = faultCode['record-past-end'];

/** Octets of the record whose first 24 are at `offset`. */
export const lengthV0 = (view: DataView, offset: number): number =>
	view.getUint16(offset + at.flags) & connFlags.sequenceMask ? fullLengthV0 : simpleLengthV0;

/**
Reads the record at `offset` into `words` at `base`. `payload` is where the message starts.
Gives its length; the fault, negated, when it ends the walk; 0 when the capture ended before the record did.
*/
export const readRecordV0 = (
	view: DataView, offset: number, claimedEnd: number, end: number, words: Int32Array, base: number, payload: number,
): number => {
	if (claimedEnd - offset < simpleLengthV0) {
		return -truncated;
	}

	if (end - offset < simpleLengthV0) {
		return 0;
	}

	const length = lengthV0(view, offset);
	if (claimedEnd - offset < length) {
		return -pastEnd;
	}

	if (end - offset < length) {
		return 0;
	}

	const protocol = view.getUint8(offset + at.protocol);
	const flags = view.getUint16(offset + at.flags);
	const state = view.getUint16(offset + at.state);
	words[base + recordAt.fault] = checkValues(protocol, flags, state);
	words[base + recordAt.family] = 4;
	words[base + recordAt.protocol] = protocol;
	words[base + recordAt.flags] = flags;
	words[base + recordAt.state] = state;
	words[base + recordAt.cport] = view.getUint16(offset + at.cport);
	words[base + recordAt.vport] = view.getUint16(offset + at.vport);
	words[base + recordAt.dport] = view.getUint16(offset + at.dport);
	words[base + recordAt.fwmark] = 0;
	words[base + recordAt.timeoutSeconds] = 0;
	words.fill(0, base + recordAt.caddr, base + recordAt.daddr + 4);
	words[base + recordAt.caddr] = view.getInt32(offset + at.caddr);
	words[base + recordAt.vaddr] = view.getInt32(offset + at.vaddr);
	words[base + recordAt.daddr] = view.getInt32(offset + at.daddr);
	words[base + recordAt.peDataOffset] = -1;
	words[base + recordAt.peDataLength] = 0;
	words[base + recordAt.peNameOffset] = -1;
	words[base + recordAt.peNameLength] = 0;
	words[base + recordAt.recordOffset] = offset - payload;
	words[base + recordAt.recordLength] = length;
	words[base + recordAt.anomalies] = findAnomalies(words, base);

	return length;
};
