import {Buffer} from 'node:buffer';
import {gunzipSync, gzipSync} from 'node:zlib';
import {CutError} from '../../source/capture/replay/chunk-source.js';
import {gunzipped} from '../../source/capture/replay/gunzip.js';
import {bendOctets} from './bend-octets.js';
import {smallerOctets} from './minimise.js';
import {piecesOf} from './pieces.js';
import {mix, must, type Target} from './target.js';

/** More than any seed unpacks to; bent ones may, a little. */
const mostOctets = 64 * 2 ** 20;

type Unpacked = {readonly octets: Buffer; readonly problem: string};

const unpack = async (packed: Uint8Array, size: number): Promise<Unpacked> => {
	const chunks = gunzipped(piecesOf(packed, size));
	const parts: Uint8Array[] = [];
	let length = 0;
	try {
		for (let part = await chunks.read(); part; part = await chunks.read()) {
			parts.push(part.slice());
			length += part.length;
			must(length <= mostOctets, 'octets without end');
		}

		return {octets: Buffer.concat(parts), problem: ''};
	} catch (error) {
		if (!(error instanceof CutError)) {
			throw error;
		}

		must(error.message.length > 0 && error.message.length < 200 && !/\p{Cc}/v.test(error.message), 'a problem that is not said in a line');
		return {octets: Buffer.concat(parts), problem: error.message};
	} finally {
		chunks.close();
	}
};

/** What zlib makes of it, undefined where it refuses it. */
const byZlib = (packed: Uint8Array): Buffer | undefined => {
	try {
		return gunzipSync(packed, {maxOutputLength: mostOctets});
	} catch {
		return undefined;
	}
};

const startsAlike = (one: Buffer, other: Buffer): boolean => {
	const length = Math.min(one.length, other.length);
	return one.subarray(0, length).equals(other.subarray(0, length));
};

/** gzip: what zlib unpacks is unpacked alike, what it refuses is said in a line, and never is something given out that pieces of another size do not begin with. */
export const createGzipTarget = (): Target<Uint8Array> => ({
	name: 'gzip',
	covers: /\/source\/capture\/replay\/gunzip\.ts/v,
	batch: 16,
	memoryLimit: 128 * 2 ** 20,
	seeds() {
		const text = Buffer.from('the quick brown fox jumps over the lazy dog, '.repeat(40));
		const [one, other] = [gzipSync(text), gzipSync(Buffer.from('and so on'), {level: 0})];
		const named = Buffer.concat([Buffer.from('1f8b081e00000000000304000102030461006200', 'hex'), Buffer.from('0000', 'hex'), one.subarray(10)]);
		return [one, other, Buffer.concat([one, other]), Buffer.concat([one, new Uint8Array(64)]), named, gzipSync(new Uint8Array(300_000))].map(octets => new Uint8Array(octets));
	},
	mutate: bendOctets,
	async run(packed, feature) {
		const digest = packed.reduce((sum, octet) => mix(sum, octet), packed.length) >>> 0;
		const whole = await unpack(packed, Math.max(1, packed.length));
		const pieces = await unpack(packed, 1 + (digest % 97));
		must(startsAlike(whole.octets, pieces.octets), 'in pieces it unpacks to something else');
		must((whole.problem === '') === (pieces.problem === ''), 'in pieces it is whole, or is not, where the whole is the other');
		const theirs = byZlib(packed);
		must(theirs === undefined || startsAlike(whole.octets, theirs), 'zlib unpacks it to something else');
		must(theirs === undefined || whole.problem !== '' || whole.octets.length === theirs.length, 'zlib unpacks more, or less');
		feature((whole.problem.replaceAll(/\d+/gv, '').length * 16) + Math.min(15, Math.floor(Math.log2(whole.octets.length + 1))));
	},
	shrink: smallerOctets,
	encode: octets => ({octets, extension: 'gz'}),
	decode: octets => octets,
});
