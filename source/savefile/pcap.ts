import {type Packet} from '../wire/packet.js';
import {type SavefileInput} from './savefile-input.js';
import {frameLimit, type SavefileProblem} from './savefile-problem.js';

/*
pcap (pcap-savefile(5)), every field in the byte order of the host that captured: 24 octets, then records without padding.

   0  magic (32): a1b2c3d4 microseconds, a1b23c4d nanoseconds
   4  major (16)  minor (16)
   8  8 unused octets
  16  snapshot length (32)
  20  link type (low 16 bits), FCS length above it

   0  seconds (32)
   4  fraction (32)
   8  captured length (32)
  12  original length (32)
  16  the frame
*/
const record = {fraction: 4, capturedLength: 8, originalLength: 12, size: 16} as const;
const fileHeader = {snapLength: 16, linkType: 20, size: 24} as const;

const magics = new Map<number, {littleEndian: boolean; nanoseconds: boolean}>([
	[0xa1_b2_c3_d4, {littleEndian: false, nanoseconds: false}],
	[0xd4_c3_b2_a1, {littleEndian: true, nanoseconds: false}],
	[0xa1_b2_3c_4d, {littleEndian: false, nanoseconds: true}],
	[0x4d_3c_b2_a1, {littleEndian: true, nanoseconds: true}],
]);

/** Whether the first 32 bits, read as big-endian, begin such a file. */
export const isPcapMagic = (magic: number): boolean => magics.has(magic);

/** Reads the records of a file that begins with such a magic into `packet`. 'need': too few octets have arrived. */
export const createPcapReader = (input: SavefileInput, packet: Packet): (() => 'packet' | 'need' | SavefileProblem) => {
	let littleEndian = true;
	let nanoseconds = false;
	let snapLimit = 0;
	let started = false;

	const readHeader = (): boolean => {
		if (!input.has(fileHeader.size)) {
			return false;
		}

		const {view, at} = input;
		({littleEndian, nanoseconds} = magics.get(view.getUint32(at))!);
		const snapLength = view.getUint32(at + fileHeader.snapLength, littleEndian);
		// Some writers leave 0, which libpcap reads as no limit.
		snapLimit = snapLength === 0 || snapLength > frameLimit ? frameLimit : snapLength;
		packet.linkType = view.getUint32(at + fileHeader.linkType, littleEndian) & 0xff_ff;
		input.at += fileHeader.size;
		started = true;
		return true;
	};

	return () => {
		if ((!started && !readHeader()) || !input.has(record.size)) {
			return 'need';
		}

		const length = input.view.getUint32(input.at + record.capturedLength, littleEndian);
		if (length > snapLimit) {
			const offset = input.offset();
			return {kind: 'corrupt', offset, problem: `claims a frame of ${length} octets at octet ${offset}, where at most ${snapLimit} are possible`};
		}

		if (!input.has(record.size + length)) {
			return 'need';
		}

		const {view, at} = input;
		const originalLength = view.getUint32(at + record.originalLength, littleEndian);
		const fraction = view.getUint32(at + record.fraction, littleEndian);
		packet.timeUs = (view.getUint32(at, littleEndian) * 1_000_000) + (nanoseconds ? Math.floor(fraction / 1000) : fraction);
		packet.view = view;
		packet.offset = at + record.size;
		packet.length = length;
		packet.originalLength = originalLength < length ? length : originalLength;
		input.at += record.size + length;
		return 'packet';
	};
};
