/* Work that could take long goes in slices, after each of which the event loop has its turn. */

/** One slice. */
export const sliceMs = 15;
/** Packets between two looks at the clock. */
export const sliceStep = 64;

export const turn = async (): Promise<void> => new Promise(resolve => {
	setImmediate(resolve);
});
