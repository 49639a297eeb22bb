/*
Options behind a version 1 record, each: type (8)  length (8): of the data   data.
Linux net/netfilter/ipvs/ip_vs_sync.c, ip_vs_proc_seqopt, ip_vs_proc_str, ip_vs_conn_fill_param_sync.

   1  SEQ_DATA   24 octets. Not interpreted: senders up to Linux 6.18 put uninitialised memory there
   2  PE_DATA    1 to 255 octets, whatever the persistence engine likes (sip: the Call-ID)
   3  PE_NAME    1 to 16 octets, a C string whose NUL may be missing
Others are skipped when the bit 0x40 of their type says that they are optional, else the record is.
*/
import {faultCode} from '../fault.js';
import {recordAt} from './record-batch.js';

const option = {seqData: 1, peData: 2, peName: 3} as const;
const optionalBit = 0x40;
const maxNameLength = 16;

const cString = (view: DataView, offset: number, length: number): number => {
	let used = 0;
	while (used < length && view.getUint8(offset + used) !== 0) {
		used++;
	}

	return used;
};

/** The only engine that Linux has; a strict backup knows no other. */
const isSip = (view: DataView, offset: number, length: number): boolean =>
	length === 3 && view.getUint8(offset) === 0x73 && view.getUint8(offset + 1) === 0x69 && view.getUint8(offset + 2) === 0x70;

/**
Reads the options from `offset` to `end`, all of it captured, into the PE words of the record at `base`.
Gives 0 or the code of a fault: those of `skipsOnlyRecord` let the walk go on, the others end it.
*/
export const readOptions = (view: DataView, offset: number, end: number, words: Int32Array, base: number, payload: number): number => {
	let hasSequence = false;
	let nameLength = 0;
	while (offset < end) {
		if (end - offset < 2) {
			return faultCode['option-truncated'];
		}

		const type = view.getUint8(offset);
		const length = view.getUint8(offset + 1);
		const data = offset + 2;
		if (length === 0 || length > end - data) {
			return faultCode['option-length'];
		}

		switch (type & ~optionalBit) {
			case option.seqData: {
				if (length !== 24 || hasSequence) {
					return faultCode['option-seq'];
				}

				hasSequence = true;
				break;
			}

			case option.peData: {
				if (words[base + recordAt.peDataOffset] !== -1) {
					return faultCode['option-pe-data'];
				}

				words[base + recordAt.peDataOffset] = data - payload;
				words[base + recordAt.peDataLength] = length;
				break;
			}

			case option.peName: {
				if (length > maxNameLength || nameLength !== 0) {
					return faultCode['option-pe-name'];
				}

				nameLength = length;
				words[base + recordAt.peNameOffset] = data - payload;
				words[base + recordAt.peNameLength] = cString(view, data, length);
				break;
			}

			default: {
				if ((type & optionalBit) === 0) {
					return faultCode['option-unknown'];
				}
			}
		}

		offset = data + length;
	}

	return 0;
};

/** Faults of `readOptions` that skip the record instead of ending the walk. */
export const skipsOnlyRecord = (fault: number): boolean => fault === faultCode['option-unknown'];

/** Whether a backup can install the persistence data of the record at `base`. A name alone is ignored. Gives a fault code. */
export const checkEngine = (view: DataView, words: Int32Array, base: number, payload: number): number => {
	if (words[base + recordAt.peDataOffset] === -1) {
		return 0;
	}

	const nameOffset = words[base + recordAt.peNameOffset]!;
	if (nameOffset === -1) {
		return faultCode['pe-name-missing'];
	}

	return isSip(view, payload + nameOffset, words[base + recordAt.peNameLength]!) ? 0 : faultCode['pe-engine'];
};
