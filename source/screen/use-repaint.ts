import {useEffect, useRef} from 'react';
import {useStdout} from 'ink';

/** After the last of several resizes. */
const settleMs = 80;
const clearScreen = '\u001B[2J\u001B[H';

/**
Gives a function that draws everything anew. It is also called after a resize: terminals and multiplexers then move lines about,
which Ink, drawing only what changed, cannot know.
*/
export const useRepaint = (columns: number, rows: number): () => void => {
	const {write} = useStdout();
	const isFirst = useRef(true);
	const repaint = () => {
		// Whatever is written past Ink makes it draw its whole frame again.
		write(clearScreen);
	};

	useEffect(() => {
		if (isFirst.current) {
			isFirst.current = false;
			return;
		}

		const timer = setTimeout(repaint, settleMs);
		return () => {
			clearTimeout(timer);
		};
	}, [columns, rows]);

	return repaint;
};
