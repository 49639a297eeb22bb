/*
A log on this host as batches for a broker: its segments in order, cut between blocks of pcapng. Each batch stands by itself as a pcapng: in front
of its own blocks stands a preamble, the section and the interfaces of its segment so far, which whoever puts the segment together leaves out.
*/
import {closeSync, fstatSync, readSync} from 'node:fs';
import {listSegments, LogError, openLogFile, ownerOf, segmentFile} from '../log/folder.js';
import {createPause} from './pause.js';
import {type Batch, type Supply} from './outbox.js';

/** Where a log goes on: a segment, and an octet of its file. */
export type Position = {readonly segment: number; readonly offset: number};

const positionText = ({segment, offset}: Position): string => `${segment}:${offset}`;

export const parsePosition = (text: string): Position | undefined => {
	const [, segment, offset] = /^(\d{1,15}):(\d{1,15})$/v.exec(text) ?? [];
	return segment === undefined ? undefined : {segment: Number(segment), offset: Number(offset)};
};

const sectionBlock = 0x0a_0d_0d_0a;
const interfaceBlock = 1;
const packetBlock = 6;

/** Whole blocks at the start of these octets: where the last one ends, how many are frames, and those that describe the section and its interfaces. */
const wholeBlocks = (octets: Uint8Array): {readonly end: number; readonly frames: number; readonly described: readonly Uint8Array[]} => {
	const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
	const described: Uint8Array[] = [];
	let frames = 0;
	let end = 0;
	while (end + 12 <= octets.length) {
		const type = view.getUint32(end, true);
		const length = view.getUint32(end + 4, true);
		if (length < 12 || length % 4 !== 0 || end + length > octets.length) {
			break;
		}

		if (type === sectionBlock || type === interfaceBlock) {
			described.push(octets.slice(end, end + length));
		}

		frames += type === packetBlock ? 1 : 0;
		end += length;
	}

	return {end, frames, described};
};

/** One segment that is read from where we are, with what was described in it up to there. */
type Reading = {readonly segment: number; readonly descriptor: number; described: Uint8Array[]; offset: number};

type LogSupply = Supply & {
	/** All that is written by now has been given out, and the next batch is being waited for. */
	isIdle(): boolean;
	close(): void;
};

const pollMs = 100;
/** To find what a segment described before the place where we go on. */
const scanOctets = 1024 * 1024;

/** Reads the log in `folder` for as long as it is written, and longer. Throws a `LogError` when it cannot be read. */
export const createLogSupply = (folder: string): LogSupply => {
	const owner = ownerOf(folder);
	let reading: Reading | undefined;
	let isClosed = false;
	/** Where the next batch is being waited for; undefined while none is, `start` before there is a segment. */
	let waiting: Position | 'start' | undefined;
	const pause = createPause();

	const leave = () => {
		if (reading) {
			closeSync(reading.descriptor);
			reading = undefined;
		}
	};

	const readAt = (descriptor: number, offset: number, most: number): Uint8Array => {
		const octets = new Uint8Array(Math.max(0, Math.min(most, fstatSync(descriptor).size - offset)));
		return octets.subarray(0, octets.length === 0 ? 0 : readSync(descriptor, octets, 0, octets.length, offset));
	};

	/** Opens a segment at a place. */
	const open = ({segment, offset}: Position): Reading | undefined => {
		leave();
		let descriptor: number;
		try {
			descriptor = openLogFile(segmentFile(folder, segment, 'pcapng'), owner);
		} catch (error) {
			if (error instanceof LogError) {
				return undefined;
			}

			throw error;
		}

		reading = {segment, descriptor, described: [], offset: 0};
		while (reading.offset < offset) {
			const {end, described} = wholeBlocks(readAt(descriptor, reading.offset, Math.min(scanOctets, offset - reading.offset)));
			if (end === 0) {
				break;
			}

			reading.described.push(...described);
			reading.offset += end;
		}

		reading.offset = offset;
		return reading;
	};

	/** The batch at this place, 'end' when its segment is over and a later one is there, 'wait' when it is still written. */
	const batchAt = (position: Position, most: number): Batch | 'end' | 'wait' => {
		const isGoingOn = reading?.segment === position.segment && reading.offset === position.offset;
		// Asked before reading: what was written before a later segment began has been read then.
		const isOver = listSegments(folder).some(number => number > position.segment);
		const here = isGoingOn ? reading : open(position);
		if (!here) {
			return isOver ? 'end' : 'wait';
		}

		const {end, frames, described} = wholeBlocks(readAt(here.descriptor, here.offset, most));
		if (end === 0) {
			return isOver ? 'end' : 'wait';
		}

		const own = readAt(here.descriptor, here.offset, end);
		const preamble = Buffer.concat(here.described);
		here.described.push(...described);
		here.offset += end;
		return {
			octets: Buffer.concat([preamble, own]), preamble: preamble.length, frames, segment: position.segment, offset: position.offset,
			position: positionText({segment: position.segment, offset: here.offset}),
		};
	};

	const nextSegment = (after: number): Position | undefined => {
		const number = listSegments(folder).find(one => one > after);
		return number === undefined ? undefined : {segment: number, offset: 0};
	};

	return {
		has(text) {
			const position = parsePosition(text);
			return position !== undefined && listSegments(folder).includes(position.segment);
		},
		async next(after, most) {
			let position = after === undefined ? nextSegment(-1) : parsePosition(after);
			while (!isClosed) {
				const found = position ? batchAt(position, most) : 'wait';
				if (typeof found === 'object') {
					return found;
				}

				if (found === 'end') {
					position = nextSegment(position!.segment);
				} else {
					waiting = position ?? 'start';
					await pause.wait(pollMs);
					waiting = undefined;
					position ??= nextSegment(-1);
				}
			}

			return undefined;
		},
		isIdle() {
			// The log may have grown since it was looked at before the wait.
			return waiting !== undefined && (waiting === 'start' ? nextSegment(-1) === undefined : batchAt(waiting, scanOctets) === 'wait');
		},
		close() {
			isClosed = true;
			pause.cut();
			leave();
		},
	};
};
