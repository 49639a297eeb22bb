/*
Compressed captures. gzip is unpacked here; for the others the program that everybody has is asked, so that nothing is built in
that few need, and a hint takes its place where it is missing.
*/
import {spawn} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {CutError, type Chunks} from './chunk-source.js';
import {gunzipped} from './gunzip.js';

/** Compressed by a program that is not here: what that is called. */
export class MissingProgramError extends Error {
	override readonly name = 'MissingProgramError';
}

const packings = [
	{program: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd]},
	{program: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]},
	{program: 'bzip2', magic: [0x42, 0x5a, 0x68]},
	{program: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18]},
] as const;

const gzipMagic = [0x1f, 0x8b] as const;
/** So many octets tell every packing. */
export const magicOctets = 6;

const startsWith = (octets: Uint8Array, magic: readonly number[]): boolean => magic.every((octet, index) => octets[index] === octet);

const isInstalled = (program: string): boolean => (process.env['PATH'] ?? '').split(':').some(folder => {
	try {
		accessSync(path.join(folder, program), constants.X_OK);
		return true;
	} catch {
		return false;
	}
});

/** What a program complains of first, without its own name. */
const firstWords = (program: string, complaint: string): string => complaint.trim().split('\n')[0]!.replace(`${program}: `, '').trim().slice(0, 200);

/** The output of `program -dc`. `through`: words before the command. */
const unpackedBy = (program: string, packed: Chunks, through: readonly string[]): Chunks => {
	if (!isInstalled(program)) {
		packed.close();
		throw new MissingProgramError(program);
	}

	const [command, ...words] = [...through, program, '-dc'];
	const child = spawn(command!, words, {stdio: 'pipe'});
	const output = child.stdout.iterator({destroyOnReturn: true})[Symbol.asyncIterator]();
	let complaint = '';
	let failure: unknown;
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<boolean>();
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		complaint = (complaint + text).slice(-4096);
	});
	child.on('error', error => {
		complaint ||= error.message;
		resolveEnded(false);
	});
	child.on('close', code => {
		resolveEnded(code === 0);
	});
	// It may end before it has read everything; then its exit code tells.
	child.stdin.on('error', () => undefined);

	const feed = async (): Promise<void> => {
		try {
			for (let chunk = await packed.read(); chunk && child.stdin.writable; chunk = await packed.read()) {
				const piece = chunk;
				await new Promise<void>(resolve => {
					child.stdin.write(piece, () => {
						resolve();
					});
				});
			}
		} catch (error) {
			failure = error;
		}

		child.stdin.end();
	};

	void feed();
	return {
		async read() {
			const {value, done} = await output.next() as IteratorResult<Uint8Array, undefined>;
			if (!done) {
				return value;
			}

			const isWell = await ended;
			if (failure !== undefined) {
				throw failure as Error;
			}

			if (!isWell) {
				throw new CutError(`${program} cannot unpack the rest (${firstWords(program, complaint) || 'it says nothing'})`);
			}

			return undefined;
		},
		close() {
			child.kill('SIGKILL');
			child.stdout.destroy();
			packed.close();
		},
	};
};

/** Unpacks what begins with `start`, which `whole` gives again. Throws a `MissingProgramError`. */
export const unpacked = (start: Uint8Array, whole: Chunks, through: readonly string[]): Chunks => {
	if (startsWith(start, gzipMagic)) {
		return gunzipped(whole);
	}

	const packing = packings.find(({magic}) => startsWith(start, magic));
	return packing ? unpackedBy(packing.program, whole, through) : whole;
};
