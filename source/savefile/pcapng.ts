import {type Packet} from '../wire/packet.js';
import {type SavefileInput} from './savefile-input.js';
import {frameLimit, type SavefileProblem} from './savefile-problem.js';
import {timestampConverter} from './timestamp.js';

/*
pcapng (draft-ietf-opsawg-pcapng): blocks whose length is a multiple of 4 and is repeated at their end. Each section has
the byte order of the host that wrote it, and its own interfaces.

   0  block type (32)
   4  total length (32)
   8  body, padded
   n  total length (32)

Packet block (6; the obsolete 2 has two 16-bit fields, interface and drops, in place of the first):

   8  interface (32)
  12  time, upper half (32)
  16  time, lower half (32)
  20  captured length (32)
  24  original length (32)
  28  the frame, padded, then options
*/
export const sectionBlock = 0x0a_0d_0d_0a;
const blockType = {interface: 1, obsoletePacket: 2, simplePacket: 3, enhancedPacket: 6} as const;

/** A packet block may carry options (comments, hashes) behind its frame. */
const blockLimit = frameLimit + 65_536;
const interfaceLimit = 65_536;

/** Of one packet, so many comments of so many octets are read: the rest is of somebody who fills the memory. */
const mostComments = 16;
const mostCommentOctets = 4096;
const commentOption = 1;
/** Of a section: who wrote it. */
const applicationOption = 4;
/** Comments of others' files are not notes of anybody here. */
const ownApplication = /^ipvstop\b/v;
const utf8 = new TextDecoder();

/** What an interface block said. */
type CaptureInterface = {
	readonly linkType: number;
	readonly snapLength: number;
	readonly toMicroseconds: (high: number, low: number) => number;
};

const microseconds = timestampConverter(6, 0n);

/** The least that a block of this type holds, 0 for those that are skipped unread. */
const minimumTotal = (type: number): number => {
	switch (type) {
		case sectionBlock: {
			return 28;
		}

		case blockType.interface: {
			return 20;
		}

		case blockType.simplePacket: {
			return 16;
		}

		case blockType.enhancedPacket:
		case blockType.obsoletePacket: {
			return 32;
		}

		default: {
			return 0;
		}
	}
};

/** Reads blocks until one holds a packet, which goes to `packet`. 'need': too few octets have arrived. */
type PcapngReader = {
	next(): 'packet' | 'need' | SavefileProblem;
	/** Offset of a block whose octets are being skipped, undefined outside of one. */
	skipping(): number | undefined;
	/** Offset from which all octets are 0, -1 when the last ones are not. */
	zeroesFrom(): number;
};

export const createPcapngReader = (input: SavefileInput, packet: Packet): PcapngReader => {
	let littleEndian = true;
	let interfaces: CaptureInterface[] = [];
	/** Of the section: this program wrote it. */
	let isOwn = false;
	let lastTimeUs = 0;
	let toSkip = 0;
	let skippedBlock: {start: number; total: number} | undefined;
	let zeroesFrom = -1;

	const stop = (problem: string, offset = input.offset()): SavefileProblem => ({kind: 'corrupt', offset, problem});

	/** Sets the packet from fields of a block; gives why it cannot. `space`: octets of the block that the frame may fill. */
	const setPacket = (interfaceId: number, frameOffset: number, length: number, originalLength: number, space: number): SavefileProblem | undefined => {
		const source = interfaces[interfaceId];
		if (!source) {
			return stop(`has a packet of interface ${interfaceId}, which was not described, at octet ${input.offset()}`);
		}

		if (length > space || length > frameLimit) {
			return stop(`claims a frame of ${length} octets at octet ${input.offset()}, in a block with room for ${space}`);
		}

		packet.linkType = source.linkType;
		packet.view = input.view;
		packet.offset = frameOffset;
		packet.length = length;
		packet.originalLength = originalLength < length ? length : originalLength;
		return undefined;
	};

	/** Reads the options of an interface block from `from` to `to`. Broken ones end the list, as the block's length still holds. */
	const readInterface = (from: number, to: number): CaptureInterface => {
		let resolution = 6;
		let offsetSeconds = 0n;
		for (let option = from; to - option >= 4;) {
			const code = input.view.getUint16(option, littleEndian);
			const length = input.view.getUint16(option + 2, littleEndian);
			if (code === 0 || length > to - option - 4) {
				break;
			}

			if (code === 9 && length >= 1) {
				resolution = input.view.getUint8(option + 4);
			} else if (code === 14 && length >= 8) {
				offsetSeconds = input.view.getBigInt64(option + 4, littleEndian);
			}

			option += 4 + ((length + 3) & ~3);
		}

		return {
			linkType: input.view.getUint16(input.at + 8, littleEndian),
			snapLength: input.view.getUint32(input.at + 12, littleEndian),
			toMicroseconds: resolution === 6 && offsetSeconds === 0n ? microseconds : timestampConverter(resolution, offsetSeconds),
		};
	};

	/** The texts of one kind among the options of a block; undefined when there are none. */
	const readTexts = (kind: number, from: number, to: number): string[] | undefined => {
		let texts: string[] | undefined;
		for (let option = from; to - option >= 4;) {
			const code = input.view.getUint16(option, littleEndian);
			const length = input.view.getUint16(option + 2, littleEndian);
			if (code === 0 || length > to - option - 4 || texts?.length === mostComments) {
				break;
			}

			if (code === kind && length > 0) {
				texts ??= [];
				texts.push(utf8.decode(new Uint8Array(input.view.buffer, input.view.byteOffset + option + 4, Math.min(length, mostCommentOctets))));
			}

			option += 4 + ((length + 3) & ~3);
		}

		return texts;
	};

	/** Drops the rest of a block that says nothing to us, whatever its length, without keeping it. */
	const skip = (): 'done' | 'need' | SavefileProblem => {
		while (toSkip > 4) {
			if (!input.has(1)) {
				return 'need';
			}

			const step = Math.min(toSkip - 4, input.limit - input.at);
			input.at += step;
			toSkip -= step;
		}

		if (!input.has(4)) {
			return 'need';
		}

		const {start, total} = skippedBlock!;
		if (input.view.getUint32(input.at, littleEndian) !== total) {
			return stop(`has a block at octet ${start} that ends with another length than the ${total} it starts with`, start);
		}

		input.at += 4;
		toSkip = 0;
		skippedBlock = undefined;
		return 'done';
	};

	/** The byte order may change with each section, and is needed before its length can be read. */
	const readByteOrder = (): 'need' | SavefileProblem | undefined => {
		if (!input.has(12)) {
			return 'need';
		}

		const order = input.view.getUint32(input.at + 8);
		if (order !== 0x1a_2b_3c_4d && order !== 0x4d_3c_2b_1a) {
			return stop(`has a section at octet ${input.offset()} without a byte order`);
		}

		littleEndian = order === 0x4d_3c_2b_1a;
		return undefined;
	};

	/** Takes what a whole block says; `total` octets of it can be read from `at` on. True when it held a packet. */
	const takeBlock = (type: number, total: number): boolean | SavefileProblem => {
		const bodyEnd = input.at + total - 4;
		switch (type) {
			case sectionBlock: {
				interfaces = [];
				isOwn = ownApplication.test(readTexts(applicationOption, input.at + 24, bodyEnd)?.[0] ?? '');
				return false;
			}

			case blockType.interface: {
				if (interfaces.length === interfaceLimit) {
					return stop(`describes more than ${interfaceLimit} interfaces`);
				}

				interfaces.push(readInterface(input.at + 16, bodyEnd));
				return false;
			}

			case blockType.simplePacket: {
				const originalLength = input.view.getUint32(input.at + 8, littleEndian);
				const snapLength = interfaces[0]?.snapLength ?? 0;
				const length = snapLength === 0 ? originalLength : Math.min(snapLength, originalLength);
				const fault = setPacket(0, input.at + 12, length, originalLength, bodyEnd - input.at - 12);
				// It carries no time: that of the packet before it is the best there is.
				packet.timeUs = lastTimeUs;
				packet.comments = undefined;
				return fault ?? true;
			}

			default: {
				// The enhanced packet block and the obsolete one differ in the width of the interface number only.
				const id = type === blockType.enhancedPacket ? input.view.getUint32(input.at + 8, littleEndian) : input.view.getUint16(input.at + 8, littleEndian);
				const fault = setPacket(id, input.at + 28, input.view.getUint32(input.at + 20, littleEndian), input.view.getUint32(input.at + 24, littleEndian), bodyEnd - input.at - 28);
				if (fault) {
					return fault;
				}

				packet.timeUs = interfaces[id]!.toMicroseconds(input.view.getUint32(input.at + 12, littleEndian), input.view.getUint32(input.at + 16, littleEndian));
				lastTimeUs = packet.timeUs;
				const options = packet.offset + ((packet.length + 3) & ~3);
				packet.comments = isOwn && options < bodyEnd ? readTexts(commentOption, options, bodyEnd) : undefined;
				return true;
			}
		}
	};

	const next = (): 'packet' | 'need' | SavefileProblem => {
		for (;;) {
			if (skippedBlock) {
				const skipped = skip();
				if (skipped !== 'done') {
					return skipped;
				}
			}

			if (!input.has(8)) {
				return 'need';
			}

			const type = input.view.getUint32(input.at, littleEndian);
			if (type === sectionBlock) {
				const waits = readByteOrder();
				if (waits) {
					return waits;
				}
			}

			const total = input.view.getUint32(input.at + 4, littleEndian);
			if (type === 0 && total === 0) {
				// No block, but a hole, left by a file system or by whoever reserved the room.
				zeroesFrom = zeroesFrom < 0 ? input.offset() : zeroesFrom;
				input.at += 4;
				continue;
			}

			if (zeroesFrom >= 0) {
				return stop(`has nothing but zeroes from octet ${zeroesFrom} to ${input.offset()}, and where a block begins behind them nobody can tell`, zeroesFrom);
			}

			if (total < 12 || total % 4 !== 0) {
				return stop(`has a block at octet ${input.offset()} that claims to be ${total} octets long`);
			}

			const minimum = minimumTotal(type);
			if (minimum === 0) {
				skippedBlock = {start: input.offset(), total};
				input.at += 8;
				toSkip = total - 8;
				continue;
			}

			if (total < minimum || total > blockLimit) {
				return stop(`has a block of type ${type} at octet ${input.offset()} that claims to be ${total} octets long`);
			}

			if (!input.has(total)) {
				return 'need';
			}

			if (input.view.getUint32(input.at + total - 4, littleEndian) !== total) {
				return stop(`has a block at octet ${input.offset()} that ends with another length than the ${total} it starts with`);
			}

			const taken = takeBlock(type, total);
			if (typeof taken === 'object') {
				return taken;
			}

			input.at += total;
			if (taken) {
				return 'packet';
			}
		}
	};

	return {next, skipping: () => skippedBlock?.start, zeroesFrom: () => zeroesFrom};
};
