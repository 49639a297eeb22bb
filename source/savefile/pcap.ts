import {type Packet} from '../wire/packet.js';
import {secondUs} from '../wire/second.js';
import {type SavefileInput} from './savefile-input.js';
import {frameLimit, type SavefileProblem} from './savefile-problem.js';

/*
pcap (pcap-savefile(5)), every field in the byte order of the host that captured: 24 octets, then records without padding.

   0  magic (32): a1b2c3d4 microseconds, a1b23c4d nanoseconds, a1b2cd34 Kuznetzov's
   4  major (16)  minor (16)
   8  8 unused octets
  16  snapshot length (32)
  20  link type (low 16 bits), FCS length above it

   0  seconds (32)
   4  fraction (32)
   8  captured length (32)
  12  original length (32)
  16  the frame

Kuznetzov's variant, which patched kernels of the nineties wrote and some programs still do, has 8 octets more in front of the
frame: interface number (32), EtherType (16), packet type (8), padding.

The snapshot length binds nobody: programs have written longer frames (a network card that joins segments), and libpcap reads them.
*/
const record = {fraction: 4, capturedLength: 8, originalLength: 12, size: 16} as const;
const kuznetzovRecordSize = 24;
const fileHeader = {linkType: 20, size: 24} as const;

type Variant = {readonly littleEndian: boolean; readonly nanoseconds: boolean; readonly recordSize: number};

const magics = new Map<number, Variant>([
	[0xa1_b2_c3_d4, {littleEndian: false, nanoseconds: false, recordSize: record.size}],
	[0xd4_c3_b2_a1, {littleEndian: true, nanoseconds: false, recordSize: record.size}],
	[0xa1_b2_3c_4d, {littleEndian: false, nanoseconds: true, recordSize: record.size}],
	[0x4d_3c_b2_a1, {littleEndian: true, nanoseconds: true, recordSize: record.size}],
	[0xa1_b2_cd_34, {littleEndian: false, nanoseconds: false, recordSize: kuznetzovRecordSize}],
	[0x34_cd_b2_a1, {littleEndian: true, nanoseconds: false, recordSize: kuznetzovRecordSize}],
]);

/** Whether the first 32 bits, read as big-endian, begin such a file. */
export const isPcapMagic = (magic: number): boolean => magics.has(magic);

/** Reads the records of a file that begins with such a magic into the packet. 'need': too few octets have arrived. */
type PcapReader = {
	next(): 'packet' | 'need' | SavefileProblem;
	/** Offset from which all octets are 0, -1 when the last ones are not. */
	zeroesFrom(): number;
};

export const createPcapReader = (input: SavefileInput, packet: Packet): PcapReader => {
	let littleEndian = true;
	let nanoseconds = false;
	let recordSize: number = record.size;
	let isStarted = false;
	/** Where the octets that are all 0 began, -1 outside of such. */
	let zeroesFrom = -1;

	const readHeader = (): boolean => {
		if (!input.has(fileHeader.size)) {
			return false;
		}

		const {view, at} = input;
		({littleEndian, nanoseconds, recordSize} = magics.get(view.getUint32(at))!);
		packet.linkType = view.getUint32(at + fileHeader.linkType, littleEndian) & 0xff_ff;
		input.at += fileHeader.size;
		isStarted = true;
		return true;
	};

	/** No frame is empty and was heard in 1970: such a record is a hole, left by a file system or by whoever reserved the room. */
	const isZero = (): boolean => {
		const {view, at} = input;
		return view.getUint32(at) === 0 && view.getUint32(at + record.fraction) === 0
			&& view.getUint32(at + record.capturedLength) === 0 && view.getUint32(at + record.originalLength) === 0;
	};

	const corrupt = (offset: number, problem: string): SavefileProblem => ({kind: 'corrupt', offset, problem});

	const next = (): 'packet' | 'need' | SavefileProblem => {
		if (!isStarted && !readHeader()) {
			return 'need';
		}

		for (;;) {
			if (!input.has(recordSize)) {
				return 'need';
			}

			if (!isZero()) {
				break;
			}

			zeroesFrom = zeroesFrom < 0 ? input.offset() : zeroesFrom;
			input.at += record.size;
		}

		const length = input.view.getUint32(input.at + record.capturedLength, littleEndian);
		if (zeroesFrom >= 0) {
			return corrupt(zeroesFrom, `has nothing but zeroes from octet ${zeroesFrom} to ${input.offset()}, and where a record begins behind them nobody can tell`);
		}

		if (length > frameLimit) {
			const offset = input.offset();
			return corrupt(offset, `claims a frame of ${length} octets at octet ${offset}, where at most ${frameLimit} are possible`);
		}

		if (!input.has(recordSize + length)) {
			return 'need';
		}

		const {view, at} = input;
		const originalLength = view.getUint32(at + record.originalLength, littleEndian);
		const fraction = view.getUint32(at + record.fraction, littleEndian);
		packet.timeUs = (view.getUint32(at, littleEndian) * secondUs) + (nanoseconds ? Math.floor(fraction / 1000) : fraction);
		packet.view = view;
		packet.offset = at + recordSize;
		packet.length = length;
		packet.originalLength = originalLength < length ? length : originalLength;
		input.at += recordSize + length;
		return 'packet';
	};

	return {next, zeroesFrom: () => zeroesFrom};
};
