import {createGunzip} from 'node:zlib';
import {CutError, type Chunks} from './chunk-source.js';

/**
Unpacks gzip. The packed octets go in by small pieces, each only when all that came out before was read: so a piece of
16 KiB that unpacks to the most possible, 16 MiB, is the bound of the memory, and all before a cut comes out. Behind a
damaged spot up to a piece before it is lost, which zlib does not give out.
*/
export const gunzipped = (packed: Chunks): Chunks => {
	const gunzip = createGunzip({chunkSize: 262_144});
	const unpacked: Uint8Array[] = [];
	let piece: Uint8Array | undefined;
	let failure: NodeJS.ErrnoException | undefined;
	let over = false;
	let wake = (): void => undefined;
	gunzip.on('data', (octets: Uint8Array) => {
		unpacked.push(octets);
	});
	gunzip.on('error', (error: NodeJS.ErrnoException) => {
		failure = error;
		wake();
	});
	gunzip.on('end', () => {
		over = true;
		wake();
	});
	gunzip.on('close', () => {
		over = true;
		wake();
	});

	/** Unpacks one more piece, or what is left at the end. */
	const feed = async (): Promise<void> => {
		piece = piece && piece.length > 0 ? piece : await packed.read();
		await new Promise<void>(resolve => {
			wake = resolve;
			if (failure || over) {
				resolve();
			} else if (piece) {
				const part = piece.subarray(0, 16_384);
				piece = piece.subarray(part.length);
				gunzip.write(part, () => {
					resolve();
				});
			} else {
				gunzip.end();
			}
		});
	};

	return {
		async read() {
			for (;;) {
				const chunk = unpacked.shift();
				if (chunk) {
					return chunk;
				}

				if (failure) {
					throw failure.code === 'Z_BUF_ERROR'
						? new CutError('the compressed data ends too early')
						: new CutError('the compressed data is damaged');
				}

				if (over) {
					return undefined;
				}

				await feed();
			}
		},
		close() {
			gunzip.destroy();
			packed.close();
		},
	};
};
