import {once} from 'node:events';
import {type Writable} from 'node:stream';

/** Small pieces are gathered into writes of about this many characters. */
const gatherCharacters = 65_536;

/**
Text to a stream that may be slow or closed. A closed one is no error: whoever reads has seen enough (`| head`).
*/
export type TextOutput = {
	write(text: string): void;
	/** Hands over what was gathered and waits while the reader is behind. */
	flush(): Promise<void>;
	/** Hands over what was gathered and waits until the reader has all of it, so that the process may leave. */
	finish(): Promise<void>;
	/** From now on nothing waits for the reader: the program was told to stop. */
	abandon(): void;
	isClosed(): boolean;
	/** Why nothing more can be written, in the system's words; undefined while it can, or when the reader just went away. */
	problem(): string | undefined;
	/** Resolves when nothing more can be written. */
	readonly closed: Promise<void>;
};

export const createTextOutput = (stream: Writable): TextOutput => {
	let gathered = '';
	let gone = false;
	let failure: string | undefined;
	const closed = Promise.withResolvers<void>();
	const released = Promise.withResolvers<void>();

	const fail = (error: NodeJS.ErrnoException) => {
		gone = true;
		if (error.code !== 'EPIPE') {
			failure ??= error.message;
		}

		closed.resolve();
		released.resolve();
	};

	stream.on('error', fail);

	const hand = (): boolean => {
		const text = gathered;
		gathered = '';
		try {
			return gone || text === '' || stream.write(text);
		} catch (error) {
			// Files and devices are written at once, and throw.
			fail(error as NodeJS.ErrnoException);
			return true;
		}
	};

	let isFree = true;
	return {
		write(text) {
			gathered += text;
			if (gathered.length >= gatherCharacters) {
				isFree = hand();
			}
		},
		async flush() {
			isFree = hand() && isFree;
			if (!isFree && !gone) {
				await Promise.race([once(stream, 'drain'), released.promise]);
			}

			isFree = true;
		},
		async finish() {
			hand();
			// Less than the stream's high-water mark may wait without a word.
			if (stream.writableLength > 0 && !gone) {
				await Promise.race([new Promise(resolve => {
					stream.write('', resolve);
				}), released.promise]);
			}
		},
		abandon() {
			released.resolve();
		},
		isClosed: () => gone,
		problem: () => failure,
		closed: closed.promise,
	};
};
