import {type Chunks} from '../../source/capture/replay/chunk-source.js';

/** Octets in pieces of one size, as a file or a pipe brings them. */
export const piecesOf = (octets: Uint8Array, size: number): Chunks => {
	let at = 0;
	return {
		async read() {
			const piece = octets.slice(at, at + size);
			at += piece.length;
			return piece.length === 0 ? undefined : piece;
		},
		close: () => undefined,
	};
};
