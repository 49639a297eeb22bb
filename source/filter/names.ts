import {type Account, type Fate} from '../events/session-fields.js';

/** What numbers in entries mean, as far as it is known. Names come to light while a filter is in use; they never change. */
export type FilterNames = {
	/** Undefined while unknown, as for the directors. */
	segment(index: number): string | undefined;
	/** Every name of a director, its address first: a letter, a name of the configuration. */
	director(index: number): readonly string[] | undefined;
	/** The names of the director that has this bit, 0 to 15, in the masks of an entry. */
	directorOfBit(bit: number): readonly string[] | undefined;
	/** Addresses, networks and endpoints by alias; the keys in lower case. */
	readonly aliases: ReadonlyMap<string, readonly string[]>;
};

/** What the takeover desk says of an entry. */
export type Verdicts = {
	fate(words: Int32Array, at: number): Fate;
	/** Undefined for sessions that are not part of the last takeover. */
	account(words: Int32Array, at: number): Account | undefined;
};
