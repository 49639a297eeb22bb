const intervalMs = 250;
/** What takes longer than a second is worth a word. */
const patience = 4;
/** To the start of the line, and nothing in it. */
const cleared = '\r\u{1B}[K';

/** Of a monitor, what tells how far it is. */
export type Reader = {status(): {readonly progress?: number | undefined} | undefined; readonly ended: Promise<unknown>};

/** Says on a terminal how much of a file was read, in one line that is gone when it is read to its end, or the program is stopped. */
export const showReading = (monitor: Reader, terminal: {write(text: string): unknown}, stopped: Promise<unknown>): void => {
	let looks = 0;
	let isShown = false;
	const timer = setInterval(() => {
		looks += 1;
		const progress = monitor.status()?.progress;
		if (progress !== undefined && looks >= patience) {
			isShown = true;
			terminal.write(`${cleared}reading: ${Math.floor(progress * 100)}%, Ctrl-C ends it`);
		}
	}, intervalMs);
	const stop = () => {
		clearInterval(timer);
		if (isShown) {
			isShown = false;
			terminal.write(cleared);
		}
	};

	void monitor.ended.then(stop);
	void stopped.then(stop);
};
