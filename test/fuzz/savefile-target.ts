import {readFileSync} from 'node:fs';
import {gzipSync} from 'node:zlib';
import {createCaptureStream} from '../../source/capture/replay/capture-stream.js';
import {gunzipped} from '../../source/capture/replay/gunzip.js';
import {type Packet} from '../../source/wire/packet.js';
import {createSavefileReader} from '../../source/savefile/savefile.js';
import {frameLimit, type SavefileProblem} from '../../source/savefile/savefile-problem.js';
import {captureUrl, readCapture} from '../wire/read-capture.js';
import {bendSavefile} from './bend-savefile.js';
import {smallerOctets} from './minimise.js';
import {pcapFile, pcapngFile} from './savefile-parts.js';
import {piecesOf} from './pieces.js';
import {mix, mixLarge, must, type Target} from './target.js';

/** What a file holds: a digest of each packet, and how it ended. */
type Contents = {readonly packets: readonly number[]; readonly end: 'end' | SavefileProblem};

const digestOf = ({view, offset, length, originalLength, timeUs, linkType}: Packet): number => {
	must(offset >= 0 && length >= 0 && offset + length <= view.byteLength, 'a frame beyond its octets');
	must(length <= frameLimit && originalLength >= length && originalLength < 2 ** 32, 'a length that cannot be');
	must(Number.isSafeInteger(timeUs) && timeUs >= 0, 'a time that is no whole number of microseconds');
	must(Number.isInteger(linkType) && linkType >= 0 && linkType <= 0xff_ff, 'a link type that does not exist');
	let digest = mixLarge(mix(mix(length, originalLength), linkType), timeUs);
	for (let at = offset; at < offset + length; at++) {
		digest = mix(digest, view.getUint8(at));
	}

	return digest;
};

const finish = (octets: Uint8Array, contents: Contents): Contents => {
	const {packets, end} = contents;
	must(packets.length <= octets.length / 16, 'more packets than fit into the file');
	if (end !== 'end') {
		must(end.offset >= 0 && end.offset <= octets.length, 'a problem that lies outside the file');
		must(end.problem.length > 0 && end.problem.length < 200 && !/\p{Cc}/v.test(end.problem), 'a problem that is not said in a line');
	}

	return contents;
};

/** Reads a file in pieces whose sizes `sizeOf` gives. A piece is overwritten as soon as the one behind it is handed over. */
const read = (octets: Uint8Array, sizeOf: (piece: number) => number): Contents => {
	const reader = createSavefileReader();
	const packets: number[] = [];
	let at = 0;
	let pieces = 0;
	let former = new Uint8Array(0);
	for (;;) {
		const found = reader.next();
		if (found === 'packet') {
			packets.push(digestOf(reader.packet));
			must(packets.length <= octets.length, 'packets without end');
		} else if (found !== 'need') {
			must(reader.next() === found, 'an end that is not final');
			return finish(octets, {packets, end: found});
		} else if (at < octets.length) {
			const piece = octets.slice(at, at + sizeOf(pieces));
			reader.push(piece);
			former.fill(0xaa);
			former = piece;
			at += piece.length;
			pieces++;
		} else {
			reader.end();
			must(reader.next() !== 'need', 'octets are wanted after the end');
		}
	}
};

const isPrefix = (part: Contents, whole: Contents): boolean =>
	part.packets.length <= whole.packets.length && part.packets.every((packet, index) => packet === whole.packets[index]);

/** A file that is no capture is described by as many of its first octets as had arrived. */
const wordsOf = ({end}: Contents): string => end === 'end' ? end : `${end.kind} ${end.offset} ${end.kind === 'alien' ? '' : end.problem}`;

const isSame = (one: Contents, two: Contents): boolean =>
	one.packets.length === two.packets.length && isPrefix(one, two) && wordsOf(one) === wordsOf(two);

/** Reads a compressed file the way a replay does. */
const readPacked = async (packed: Uint8Array, size: number): Promise<Contents> => {
	const stream = createCaptureStream(gunzipped(piecesOf(packed, size)), 0);
	const packets: number[] = [];
	try {
		for (;;) {
			const found = stream.next();
			if (found === 'packet') {
				packets.push(digestOf(stream.packet));
			} else if (found === 'wait') {
				await stream.more();
			} else {
				const {problem} = stream;
				must(problem?.kind !== 'failed', () => `damage is taken for a failure of the system: ${problem?.problem}`);
				return {packets, end: problem === undefined || problem.kind === 'failed' ? 'end' : problem};
			}
		}
	} finally {
		stream.close();
	}
};

const endKinds = ['end', 'alien', 'cut', 'corrupt'];

/** Capture files: read in pieces or whole they hold the same, cut they hold the beginning of it, and compressed the same again. */
export const createSavefileTarget = (): Target<Uint8Array> => ({
	name: 'savefile',
	covers: /\/source\/(?:savefile|capture\/replay)\/[^\/]*\.ts/v,
	batch: 64,
	memoryLimit: 8 * 2 ** 20,
	seeds() {
		const frames = readCapture('link.eth.pcap').slice(0, 4)
			.map(({view, offset, length}) => new Uint8Array(view.buffer, view.byteOffset + offset, Math.min(length, 90)));
		return [
			...[true, false].flatMap(littleEndian => [true, false].map(nanoseconds => pcapFile(frames, littleEndian, nanoseconds))),
			...[true, false].flatMap(littleEndian => [6, 9, 3, 12, 0x94, 15].map(resolution => pcapngFile(frames, {littleEndian, resolution}))),
			new Uint8Array(readFileSync(captureUrl('link.dumpcap.pcapng'))).slice(0, 1536),
		];
	},
	mutate: bendSavefile,
	run(octets, feature) {
		const whole = read(octets, () => octets.length);
		const digest = octets.reduce((sum, octet) => mix(sum, octet), octets.length) >>> 0;
		const {end, packets} = whole;
		const kind = end === 'end' ? end : end.kind;
		// How it ended, without the figures: each is another way to be wrong.
		const words = end === 'end' ? '' : end.problem.replaceAll(/\d+|[\da-f]{2} /gv, '');
		feature((endKinds.indexOf(kind) * 1000) + (words.length * 8) + Math.min(7, packets.length));

		const sizes = [1 + (digest % 40), 1 + ((digest >>> 8) % 400), 1];
		must(isSame(whole, read(octets, piece => sizes[piece % 3]!)), 'read in pieces it holds something else');

		const length = octets.length === 0 ? 0 : digest % octets.length;
		const cut = read(octets.subarray(0, length), () => 1 + (digest % 1000));
		must(isPrefix(cut, whole), 'cut it holds something else than the beginning');
		must(cut.end === 'end' || cut.end.kind !== 'corrupt' || isSame(cut, whole), 'cut it is wrong in another way');
	},
	async examine(octets) {
		const whole = read(octets, () => octets.length);
		for (const size of [1, 2, 3, 4, 5, 7, 16, 24]) {
			must(isSame(whole, read(octets, () => size)), 'read in small pieces it holds something else');
		}

		for (let length = 0; length < octets.length; length += 1 + (length >> 5)) {
			must(isPrefix(read(octets.subarray(0, length), () => octets.length), whole), 'cut anywhere it holds something else than the beginning');
		}

		const packed = new Uint8Array(gzipSync(octets));
		must(isSame(whole, await readPacked(packed, 1 + (octets.length % 700))), 'compressed it holds something else');
		const cut = await readPacked(packed.slice(0, Math.max(18, packed.length >> 1)), 100);
		must(isPrefix(cut, whole) && cut.end !== 'end', 'compressed and cut it does not hold the beginning');
		const bent = packed.slice();
		bent[(packed.length >> 1) + 5]! ^= 0x55;
		await readPacked(bent, 100);
	},
	shrink: smallerOctets,
	encode: octets => ({octets, extension: octets[0] === 0x0a ? 'pcapng' : 'pcap'}),
	decode: octets => octets,
});
