/*
Writes pcapng (draft-ietf-opsawg-pcapng): the blocks that savefile-pcapng.ts reads. Little-endian, times in microseconds.
A block is padded to a multiple of four octets and ends with its length.

Section header (0x0a0d0d0a):
   8  byte order (32)
  12  version 1.0 (16, 16)
  16  length of the section (64): -1, not known in advance
  24  options

Interface (1):
   8  link type (16)
  12  snap length (32): 0, no limit
  16  options

Enhanced packet (6):
   8  interface (32)
  12  time, upper half (32)
  16  time, lower half (32)
  20  captured length (32)
  24  original length (32)
  28  the frame, padded, then options

Interface statistics (5):
   8  interface (32)
  12  time (32, 32)
  20  options

Option: code (16), length (16), value, padded. A list of them ends with an option of code 0.
*/
type Octets = Uint8Array<ArrayBuffer>;

const blockType = {section: 0x0a_0d_0d_0a, interface: 1, statistics: 5, packet: 6} as const;
const optionCode = {end: 0, comment: 1, name: 2, description: 3, application: 4} as const;
const statisticsCode = {received: 4, dropped: 5, delivered: 8} as const;
const packetHeaderOctets = 28;
const longestOption = 65_535;

const encoder = new TextEncoder();

const padded = (length: number): number => (length + 3) & ~3;

/** UTF-8, cut between two characters where it is longer than an option can be. */
const textOctets = (text: string): Octets => {
	const octets = encoder.encode(text);
	if (octets.length <= longestOption) {
		return octets;
	}

	let end = longestOption;
	while ((octets[end]! & 0xc0) === 0x80) {
		end--;
	}

	return octets.slice(0, end);
};

const count64 = (count: number): Octets => {
	const octets = new Uint8Array(8);
	new DataView(octets.buffer).setBigUint64(0, BigInt(Math.max(0, Math.floor(count))), true);
	return octets;
};

type Option = readonly [code: number, value: Octets];

/** With the mark of their end; none when there are no options. */
const optionsOf = (options: readonly Option[]): Octets => {
	if (options.length === 0) {
		return new Uint8Array(0);
	}

	const octets = new Uint8Array(options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 4));
	const view = new DataView(octets.buffer);
	let at = 0;
	for (const [code, value] of options) {
		view.setUint16(at, code, true);
		view.setUint16(at + 2, value.length, true);
		octets.set(value, at + 4);
		at += 4 + padded(value.length);
	}

	return octets;
};

const textOptions = (texts: ReadonlyArray<readonly [code: number, text: string | undefined]>): Option[] =>
	texts.flatMap(([code, text]): Option[] => text ? [[code, textOctets(text)]] : []);

/** A block of `bodyOctets` between its type and length and its length again; the body is written by `fill`, from octet 8 on. */
const block = (type: number, bodyOctets: number, fill: (view: DataView, octets: Octets) => void): Octets => {
	const octets = new Uint8Array(12 + bodyOctets);
	const view = new DataView(octets.buffer);
	view.setUint32(0, type, true);
	view.setUint32(4, octets.length, true);
	view.setUint32(octets.length - 4, octets.length, true);
	fill(view, octets);
	return octets;
};

const writeTime = (view: DataView, at: number, timeUs: number): void => {
	view.setUint32(at, Math.floor(timeUs / 0x1_00_00_00_00), true);
	view.setUint32(at + 4, timeUs % 0x1_00_00_00_00, true);
};

/** Starts a section: what follows refers to interfaces described after it. */
export const encodeSection = ({application, comment}: {readonly application: string; readonly comment?: string | undefined}): Octets => {
	const options = optionsOf(textOptions([[optionCode.comment, comment], [optionCode.application, application]]));
	return block(blockType.section, 16 + options.length, (view, octets) => {
		view.setUint32(8, 0x1a_2b_3c_4d, true);
		view.setUint16(12, 1, true);
		view.setBigInt64(16, -1n, true);
		octets.set(options, 24);
	});
};

/** Describes an interface; its number is its place among those of its section, from 0. */
export const encodeInterface = ({linkType, name, description, comment}: {
	/** LINKTYPE_ number. */
	readonly linkType: number;
	readonly name: string;
	readonly description?: string | undefined;
	readonly comment?: string | undefined;
}): Octets => {
	const options = optionsOf(textOptions([[optionCode.comment, comment], [optionCode.name, name], [optionCode.description, description]]));
	return block(blockType.interface, 8 + options.length, (view, octets) => {
		view.setUint16(8, linkType, true);
		octets.set(options, 16);
	});
};

/** What was counted on an interface since the capture began. */
export const encodeStatistics = ({interfaceId, timeUs, received, dropped, delivered, comments = []}: {
	readonly interfaceId: number;
	readonly timeUs: number;
	/** Packets that arrived, those dropped included. */
	readonly received: number;
	/** Lost before they could be read. */
	readonly dropped: number;
	/** Those in this and the earlier files of the recording. */
	readonly delivered: number;
	readonly comments?: readonly string[];
}): Octets => {
	const options = optionsOf([
		...textOptions(comments.map(comment => [optionCode.comment, comment])),
		[statisticsCode.received, count64(received)],
		[statisticsCode.dropped, count64(dropped)],
		[statisticsCode.delivered, count64(delivered)],
	]);
	return block(blockType.statistics, 12 + options.length, (view, octets) => {
		view.setUint32(8, interfaceId, true);
		writeTime(view, 12, timeUs);
		octets.set(options, 20);
	});
};

/** The comments of a packet, as `writePacket` wants them. */
export const encodeComments = (comments: readonly string[]): Octets => optionsOf(textOptions(comments.map(comment => [optionCode.comment, comment])));

/** Octets of the block around a frame of `length` octets and its encoded options. */
export const packetBlockOctets = (length: number, optionOctets: number): number => packetHeaderOctets + padded(length) + optionOctets + 4;

/** Where a captured frame lies and what is to be said of it. */
type WrittenPacket = {
	readonly view: DataView;
	readonly offset: number;
	readonly length: number;
	readonly originalLength: number;
};

/** Writes a packet's block to `target` from `at` on, where `packetBlockOctets` must fit. Gives the octet after it. */
export const writePacket = (target: DataView, at: number, interfaceId: number, timeUs: number, packet: WrittenPacket, options: Uint8Array): number => {
	const {view, offset, length} = packet;
	const total = packetBlockOctets(length, options.length);
	const end = at + total;
	const octets = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
	target.setUint32(at, blockType.packet, true);
	target.setUint32(at + 4, total, true);
	target.setUint32(at + 8, interfaceId, true);
	writeTime(target, at + 12, timeUs);
	target.setUint32(at + 20, length, true);
	target.setUint32(at + 24, packet.originalLength, true);
	octets.set(new Uint8Array(view.buffer, view.byteOffset + offset, length), at + packetHeaderOctets);
	octets.fill(0, at + packetHeaderOctets + length, at + packetHeaderOctets + padded(length));
	octets.set(options, at + packetHeaderOctets + padded(length));
	target.setUint32(end - 4, total, true);
	return end;
};

/** Where the last block ends that lies within the first `octets` of blocks written here. */
export const wholeBlocks = (blocks: Uint8Array, octets: number): number => {
	const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
	let at = 0;
	while (at + 8 <= octets) {
		const total = view.getUint32(at + 4, true);
		if (total < 12 || at + total > octets) {
			break;
		}

		at += total;
	}

	return at;
};
