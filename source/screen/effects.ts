import {type Extract} from '../sample/sample.js';

/** What the console does beside drawing. */
export type Effects = {
	quit(): void;
	suspend(): void;
	redraw(): void;
	/** Sends octets to the terminal that draw nothing. */
	write(sequence: string): void;
	/** Writes sessions to a file of their own; gives the words that say so, or why not. Never rejects. */
	save(extract: Extract): Promise<string>;
	after(delayMs: number, callback: () => void): () => void;
};
