/*
gzip, RFC 1952: members one after the other, each with a header, raw deflate, and a trailer.

   0  1f 8b  method (8): 8  flags (8)  time (32)  extra flags (8)  system (8)
  10  as the flags say: extra field (length (16), little-endian), name and comment (each to a zero octet), header checksum (16)
   n  CRC-32 (32)  length of what was packed (32), both little-endian

The members are told apart here instead of by zlib, which gives out nothing of the piece in which it finds a fault: what it unpacked
before a wrong checksum, or before octets that are no gzip, is as good as any.
*/
import {createInflateRaw, crc32, type InflateRaw} from 'node:zlib';
import {CutError, type Chunks} from './chunk-source.js';

const flag = {headerChecksum: 2, extra: 4, name: 8, comment: 16} as const;
const headerOctets = 10;
const trailerOctets = 8;
/** A header says a name and a comment; one without an end is none. */
const mostHeaderOctets = 65_536 + 1024;

/** Length of the header at the start of `octets`; 0: more of it is needed; -1: it is none. */
const headerLength = (octets: Uint8Array): number => {
	if (octets.length < headerOctets) {
		return octets.every((octet, index) => index > 2 || octet === [0x1f, 0x8b, 8][index]) ? 0 : -1;
	}

	if (octets[0] !== 0x1f || octets[1] !== 0x8b || octets[2] !== 8) {
		return -1;
	}

	const flags = octets[3]!;
	let at = headerOctets;
	if ((flags & flag.extra) !== 0) {
		at += octets.length < at + 2 ? 2 : 2 + octets[at]! + (octets[at + 1]! << 8);
	}

	for (const text of [flag.name, flag.comment]) {
		if ((flags & text) !== 0) {
			const end = at < octets.length ? octets.indexOf(0, at) : -1;
			if (end === -1) {
				return octets.length < mostHeaderOctets ? 0 : -1;
			}

			at = end + 1;
		}
	}

	at += (flags & flag.headerChecksum) === 0 ? 0 : 2;
	return at <= octets.length ? at : (at < mostHeaderOctets ? 0 : -1);
};

/** The deflated part of a member. */
type Member = {
	readonly inflate: InflateRaw;
	readonly unpacked: Uint8Array[];
	/** Octets that it was given. */
	given: number;
	checksum: number;
	length: number;
	failure: NodeJS.ErrnoException | undefined;
	isOver: boolean;
	wake: () => void;
};

const openMember = (): Member => {
	const inflate = createInflateRaw({chunkSize: 262_144});
	const member: Member = {inflate, unpacked: [], given: 0, checksum: 0, length: 0, failure: undefined, isOver: false, wake: () => undefined};
	inflate.on('data', (octets: Uint8Array) => {
		member.unpacked.push(octets);
		member.checksum = crc32(octets, member.checksum);
		member.length = (member.length + octets.length) >>> 0;
	});
	inflate.on('error', (error: NodeJS.ErrnoException) => {
		member.failure = error;
		member.wake();
	});
	for (const end of ['end', 'close']) {
		inflate.on(end, () => {
			member.isOver = true;
			member.wake();
		});
	}

	return member;
};

/** Gives `octets`, or the end without any, and waits until it has taken them. */
const give = async (member: Member, octets: Uint8Array | undefined): Promise<void> => new Promise(resolve => {
	member.wake = resolve;
	if (member.failure || member.isOver) {
		resolve();
	} else if (octets) {
		member.given += octets.length;
		member.inflate.write(octets, () => {
			resolve();
		});
	} else {
		member.inflate.end();
	}
});

const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
	const both = new Uint8Array(one.length + other.length);
	both.set(one);
	both.set(other, one.length);
	return both;
};

/**
Unpacks gzip. The packed octets go in by small pieces, each only when all that came out before was read: so a piece of
16 KiB that unpacks to the most possible, 16 MiB, is the bound of the memory, and all before a cut comes out. Behind a
damaged spot up to a piece before it is lost, which zlib does not give out. What was odd is said at the end, by a `CutError`.
*/
export const gunzipped = (packed: Chunks): Chunks => {
	/** Packed octets that were read and not unpacked yet. */
	let rest: Uint8Array = new Uint8Array(0);
	let isPackedOver = false;
	let state: 'header' | 'body' | 'trailer' | 'over' = 'header';
	let member: Member | undefined;
	let members = 0;
	let remark: string | undefined;

	/** False when there are no more. Keeps what is there: a header or trailer across two pieces. */
	const readMore = async (): Promise<boolean> => {
		const piece = isPackedOver ? undefined : await packed.read();
		isPackedOver = piece === undefined;
		if (piece) {
			rest = rest.length > 0 ? joined(rest, piece) : piece;
		}

		return piece !== undefined;
	};

	const finish = (why?: string) => {
		remark ??= why;
		state = 'over';
	};

	const readHeader = async (): Promise<void> => {
		// Zeroes pad a tape block, as gzip(1) has it.
		if (members > 0 && rest.every(octet => octet === 0)) {
			rest = new Uint8Array(0);
			if (!await readMore()) {
				finish();
			}

			return;
		}

		const length = headerLength(rest);
		if (length > 0) {
			rest = rest.subarray(length);
			member = openMember();
			members++;
			state = 'body';
		} else if (length < 0) {
			finish(members > 0 ? 'what follows the compressed data is not compressed' : 'the compressed data is damaged');
		} else if (!await readMore()) {
			finish(members > 0 && rest.length === 0 ? undefined : 'the compressed data ends too early');
		}
	};

	const readBody = async (body: Member): Promise<void> => {
		if (rest.length === 0 && !isPackedOver) {
			await readMore();
		}

		const piece = rest.length > 0 ? rest.subarray(0, 16_384) : undefined;
		rest = rest.subarray(piece?.length ?? 0);
		await give(body, piece);
		if (body.failure) {
			finish(body.failure.code === 'Z_BUF_ERROR' ? 'the compressed data ends too early' : 'the compressed data is damaged');
		} else if (body.isOver) {
			// What it was given and did not take belongs to the trailer.
			const left = body.given - body.inflate.bytesWritten;
			rest = left > 0 ? joined(piece!.subarray(piece!.length - left), rest) : rest;
			state = 'trailer';
		}
	};

	const readTrailer = async (body: Member): Promise<void> => {
		if (rest.length < trailerOctets) {
			if (!await readMore()) {
				finish('the compressed data ends too early');
			}

			return;
		}

		const view = new DataView(rest.buffer, rest.byteOffset, trailerOctets);
		if (view.getUint32(0, true) !== body.checksum || view.getUint32(4, true) !== body.length) {
			remark ??= 'the compressed data has a wrong checksum';
		}

		rest = rest.subarray(trailerOctets);
		member = undefined;
		state = 'header';
	};

	return {
		async read() {
			for (;;) {
				const chunk = member?.unpacked.shift();
				if (chunk) {
					return chunk;
				}

				if (state === 'header') {
					await readHeader();
				} else if (state === 'body') {
					await readBody(member!);
				} else if (state === 'trailer') {
					await readTrailer(member!);
				} else if (remark === undefined) {
					return undefined;
				} else {
					throw new CutError(remark);
				}
			}
		},
		close() {
			member?.inflate.destroy();
			packed.close();
		},
	};
};
