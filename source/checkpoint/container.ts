/*
A checkpoint as octets: a head of JSON, then raw words. All numbers little-endian.

   0  "ipvstop" and a line feed (8 octets)
   8  version (32)
  12  fingerprint of the shapes of head and words (32): a checkpoint of a program that keeps something else is another's
  16  octets of the head (32), padding left out
  20  octets of the whole (32 low, 32 high)
  28  CRC-32 of the 28 octets before and of the head (32)
  32  head: UTF-8, padded with spaces to a multiple of 8
   …  sections, each padded with zeros to a multiple of 8; the head's `sections` are [name, octets]
   …  CRC-32 of all sections (32), "end\n"

It is data only. Whoever reads one finds out by the two sums whether it is as it was written, and checks what it says as if it had been
written by somebody who means harm: a sum can be mended.
*/
import {Buffer} from 'node:buffer';
import {endianness} from 'node:os';
import {crc32} from 'node:zlib';
import {arrayOf, CheckpointError, decodeValue, integer, struct, text, tuple} from './shape.js';

const checkpointVersion = 1;

const magic = 'ipvstop\n';
const endMark = 'end\n';
const headerOctets = 32;
const trailerOctets = 8;
/** What directors, takeovers and services of the largest site need is some MB. */
const mostHeadOctets = 64 * 1024 * 1024;

/** Raw words or octets with a name, in pieces that may still have to be made: empty ones only give others their turn. */
export type Section = {readonly name: string; readonly octets: number; pieces(): Iterable<Uint8Array>};

type DecodedCheckpoint = {
	/** What stood in the head beside the sections, to be checked. */
	readonly head: unknown;
	/** Borrowed parts of what was decoded, by name. Each begins at a multiple of 8 octets from its start. */
	readonly sections: ReadonlyMap<string, Uint8Array>;
};

const padded = (octets: number): number => Math.ceil(octets / 8) * 8;

const headShape = struct<{sections: Array<readonly [string, number]>; state: string}>({
	sections: arrayOf(tuple(text(40), integer()), 64),
	state: text(mostHeadOctets),
});

/** A number that changes whenever what is kept changes. */
export const fingerprintOf = (...texts: readonly string[]): number => crc32(texts.join('\n'));

/** Octets summed up and handed over in one go: some 1 ms. */
const pieceOctets = 4 * 1024 * 1024;

/**
Pieces that make the checkpoint when they are written one after the other. `state` is anything that JSON can say.
@yields Octets; none where others are given their turn.
*/
export function * encodeCheckpoint(state: unknown, sections: readonly Section[], fingerprint: number): Generator<Uint8Array, void> {
	const headText = Buffer.from(JSON.stringify({sections: sections.map(({name, octets}) => [name, octets]), state: JSON.stringify(state)}));
	const head = Buffer.alloc(padded(headText.length), 0x20);
	headText.copy(head);
	const total = headerOctets + head.length + sections.reduce((sum, {octets}) => sum + padded(octets), 0) + trailerOctets;
	const header = Buffer.alloc(headerOctets);
	header.write(magic, 'latin1');
	header.writeUInt32LE(checkpointVersion, 8);
	header.writeUInt32LE(fingerprint, 12);
	header.writeUInt32LE(headText.length, 16);
	header.writeBigUInt64LE(BigInt(total), 20);
	header.writeUInt32LE(crc32(head, crc32(header.subarray(0, 28))), 28);
	yield header;
	yield head;
	let sum = 0;
	for (const {octets, pieces} of sections) {
		for (const part of pieces()) {
			for (let at = 0; at < part.length; at += pieceOctets) {
				const piece = part.subarray(at, at + pieceOctets);
				sum = crc32(piece, sum);
				yield piece;
			}

			if (part.length === 0) {
				yield part;
			}
		}

		const padding = Buffer.alloc(padded(octets) - octets);
		sum = crc32(padding, sum);
		yield padding;
	}

	const trailer = Buffer.alloc(trailerOctets);
	trailer.writeUInt32LE(sum);
	trailer.write(endMark, 4, 'latin1');
	yield trailer;
}

/** Octets of a checkpoint, read from its first 32; undefined when they begin none. */
export const checkpointOctets = (header: Uint8Array): number | undefined => {
	const octets = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
	return octets.length >= headerOctets && octets.toString('latin1', 0, 8) === magic ? Number(octets.readBigUInt64LE(20)) : undefined;
};

/** Throws a `CheckpointError` unless the octets are a checkpoint of this version and fingerprint, whole and as it was written. */
export const decodeCheckpoint = (given: Uint8Array, fingerprint: number): DecodedCheckpoint => {
	const octets = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
	const fail = (problem: string): never => {
		throw new CheckpointError(problem);
	};

	if (endianness() !== 'LE') {
		fail('is of a little-endian host');
	}

	if (octets.length < headerOctets + trailerOctets || octets.toString('latin1', 0, 8) !== magic) {
		fail('is no checkpoint');
	}

	if (octets.readUInt32LE(8) !== checkpointVersion || octets.readUInt32LE(12) !== fingerprint) {
		fail('is of another version of the program');
	}

	const headLength = octets.readUInt32LE(16);
	const headEnd = headerOctets + padded(headLength);
	if (octets.readBigUInt64LE(20) !== BigInt(octets.length) || headLength > mostHeadOctets || headEnd + trailerOctets > octets.length) {
		fail('is cut, or longer than it says');
	}

	const head = octets.subarray(headerOctets, headEnd);
	if (octets.readUInt32LE(28) !== crc32(head, crc32(octets.subarray(0, 28)))) {
		fail('is damaged in its head');
	}

	const end = octets.length - trailerOctets;
	if (octets.toString('latin1', end + 4) !== endMark || octets.readUInt32LE(end) !== crc32(octets.subarray(headEnd, end))) {
		fail('is damaged in its words');
	}

	const {sections: list, state} = decodeValue(headShape, parse(head.toString('utf8', 0, headLength)));
	const sections = new Map<string, Uint8Array>();
	let at = headEnd;
	for (const [name, length] of list) {
		if (length > end - at || sections.has(name)) {
			fail('has sections that do not fit');
		}

		sections.set(name, given.subarray(at, at + length));
		at += padded(length);
	}

	return at === end ? {head: parse(state), sections} : fail('has more words than sections');
};

const parse = (json: string): unknown => {
	try {
		return JSON.parse(json) as unknown;
	} catch {
		throw new CheckpointError('has a head that is no JSON');
	}
};
