import {type Account, type Fate} from '../events/session-fields.js';

/** A director that has this bit, 0 to 14, in the masks of entries of some owners, and all its names. */
export type BitHolder = {readonly bit: number; readonly names: readonly string[]; isIn(owner: number): boolean};

/** What numbers in entries mean, as far as it is known. Names come to light while a filter is in use; they never change. */
export type FilterNames = {
	/** Undefined while unknown, as for the directors. */
	segment(index: number): string | undefined;
	/** Every name of a director, its address first: a letter, a name of the configuration. */
	director(index: number): readonly string[] | undefined;
	/** Directors that have a bit. */
	bitHolders(): readonly BitHolder[];
	/** Addresses, networks and endpoints by alias; the keys in lower case. */
	readonly aliases: ReadonlyMap<string, readonly string[]>;
};

/** What the takeover desk says of an entry. */
export type Verdicts = {
	fate(words: Int32Array, at: number): Fate;
	/** Undefined for sessions that are not part of the last takeover. */
	account(words: Int32Array, at: number): Account | undefined;
};
