import {createSavefileReader} from '../../savefile/savefile.js';
import {type SavefileProblem} from '../../savefile/savefile-problem.js';
import {type Packet} from '../../wire/packet.js';
import {CutError, type Chunks} from './chunk-source.js';
import {reasonOf} from './chunks.js';

/** Packets of one file or stream, pulled. */
export type CaptureStream = {
	/** The packet that `next` found; borrowed until `next` is called again. */
	readonly packet: Packet;
	/** 'pcap' or 'pcapng' once the first octets were read. */
	readonly format: 'pcap' | 'pcapng' | undefined;
	/** Reads on. 'wait': only `more` can bring it further. 'end' is final. */
	next(): 'packet' | 'wait' | 'end';
	/** Waits until `format` is known, or why it never will be. No packet is lost by it. */
	identify(): Promise<void>;
	/** Waits for more octets. */
	more(): Promise<void>;
	/** Anything came at all. */
	readonly hasOctets: boolean;
	/** Why it ended where it ended, when that is not its natural end. 'failed': the system could not read it. */
	readonly problem: SavefileProblem | {readonly kind: 'failed'; readonly problem: string} | undefined;
	close(): void;
};

/** Reads the packets out of `chunks`; each says `place` as where it was heard. */
export const createCaptureStream = (chunks: Chunks, place: number): CaptureStream => {
	const reader = createSavefileReader();
	reader.packet.place = place;
	let problem: CaptureStream['problem'];
	let unpackProblem: string | undefined;
	let octetCount = 0;
	let closed = false;

	const finish = (): void => {
		if (!closed) {
			closed = true;
			chunks.close();
		}
	};

	// What `identify` found too early.
	let found: 'packet' | 'end' | undefined;

	const read = (): 'packet' | 'wait' | 'end' => {
		if (closed) {
			return 'end';
		}

		const next = reader.next();
		if (next === 'packet') {
			return 'packet';
		}

		if (next === 'need') {
			return 'wait';
		}

		if (typeof next === 'object') {
			problem ??= next;
		}

		// Damage in the packing is the cause of what the reader sees of it.
		if (unpackProblem) {
			problem = {kind: 'cut', offset: octetCount, problem: `ends after ${octetCount} unpacked octets: ${unpackProblem}`};
		}

		finish();
		return 'end';
	};

	const more = async (): Promise<void> => {
		try {
			const chunk = await chunks.read();
			if (chunk) {
				octetCount += chunk.length;
				reader.push(chunk);
			} else {
				reader.end();
			}
		} catch (error) {
			if (error instanceof CutError) {
				unpackProblem = error.message;
			} else {
				problem = {kind: 'failed', problem: `cannot be read any further: ${reasonOf(error)}`};
			}

			reader.end();
		}
	};

	return {
		packet: reader.packet,
		get format() {
			return reader.format;
		},
		get hasOctets() {
			return octetCount > 0;
		},
		get problem() {
			return problem;
		},
		next() {
			if (found === undefined) {
				return read();
			}

			const result = found;
			found = undefined;
			return result;
		},
		async identify() {
			while (found === undefined) {
				const result = read();
				if (result !== 'wait') {
					found = result;
				} else if (reader.format === undefined) {
					await more();
				} else {
					return;
				}
			}
		},
		more,
		close: finish,
	};
};
