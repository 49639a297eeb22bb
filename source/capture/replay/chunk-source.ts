/** Octets of a file or stream in order, pulled. */
export type Chunks = {
	/**
	The next octets, undefined at the end. They stay as they are until the call after the next one.
	Rejects with a `CutError` when compressed data ends too early, else with the error of the system.
	*/
	read(): Promise<Uint8Array | undefined>;
	close(): void;
	/** Of a regular file: octets read so far, as they lie on the disk, and its size when it was opened. */
	readonly progress?: (() => Progress) | undefined;
};

/** How far a file was read, in octets. */
export type Progress = {readonly read: number; readonly size: number};

/** Compressed data that stops before its end, or cannot be unpacked from here on. */
export class CutError extends Error {
	override readonly name = 'CutError';
}
