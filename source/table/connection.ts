import {type AddressWords, type Family} from '../wire/packet.js';
import {
	entryAnnouncedBy, entryAt, entryCport, entryDirector, entryExpiresMs, entryFirstMs, entryFlag, entryFlags,
	entryLastMs, entryLastPath, entryPath, entryPe, entryRank, entryRhythmSeconds, entrySent, entryState, entryTimeout, entryUpdates, isOpenRank,
} from './entry.js';
import {numberAt, type TableArrays} from './memory.js';
import {type PathInfo, type PathReader} from './path-info.js';
import {readPe, type PeData} from './pe-pool.js';

/** One connection or template as an object, made for the rows that are shown or written. */
export type Connection = {
	/** Where it lies in the table, 0 for a copy. Stays the same while the session lives. */
	readonly slot: number;
	readonly segment: number;
	readonly family: Family;
	readonly protocol: number;
	readonly caddr: AddressWords;
	readonly cport: number;
	readonly vaddr: AddressWords;
	readonly vport: number;
	/** As a backup would hold it. */
	readonly daddr: AddressWords;
	readonly dport: number;
	/** Set when the last announcement named another real server, which a backup ignores. */
	readonly lastDaddr: AddressWords | undefined;
	readonly lastDport: number | undefined;
	/** Forwarding method 0 to 7, as at creation. */
	readonly forward: number;
	readonly fwmark: number;
	/** Bits of `entryFlag`. */
	readonly flags: number;
	readonly template: boolean;
	/** As on the wire. */
	readonly state: number;
	/** ESTABLISHED TCP or SCTP, or UDP. */
	readonly open: boolean;
	readonly pe: PeData | undefined;
	readonly timeoutSeconds: number;
	/** Microseconds since the Unix epoch, whole milliseconds. */
	readonly expiresUs: number;
	readonly firstUs: number;
	readonly lastUs: number;
	/** Announcements, at most 2^24 - 1. */
	readonly updates: number;
	/** Number of the director that announced it last. */
	readonly director: number;
	/** Bits of the directors that announced it. */
	readonly directorsMask: number;
	/** Bits of the directors that listened when it was announced. */
	readonly sentMask: number;
	/** Of the last announcement, and the version of its message: 0 tells no timeout. */
	readonly syncid: number;
	readonly version: number;
	/** Mean seconds between announcements, 0 when unknown. */
	readonly rhythmSeconds: number;
	readonly path: PathInfo;
};

/** Reads an entry, or a copy of one. Undefined when it is free or its path is already gone. */
export const connectionOf = (arrays: TableArrays, reader: PathReader, words: Int32Array, at: number, slot: number): Connection | undefined => {
	const path = reader.path(entryPath(words, at));
	if (!path) {
		return undefined;
	}

	const {service} = path;
	const last = reader.path(entryLastPath(words, at)) ?? path;
	const differs = last.dport !== path.dport || last.daddr.some((word, index) => word !== path.daddr[index]);
	const originUs = arrays.numbers[numberAt.originUs]!;
	const flags = entryFlags(words, at);
	return {
		slot,
		segment: service.segment,
		family: service.family,
		protocol: service.protocol,
		caddr: Int32Array.of(words[at + entryAt.caddr]!, words[at + entryAt.caddr + 1]!, words[at + entryAt.caddr + 2]!, words[at + entryAt.caddr + 3]!),
		cport: entryCport(words, at),
		vaddr: service.vaddr,
		vport: service.vport,
		daddr: path.daddr,
		dport: path.dport,
		lastDaddr: differs ? last.daddr : undefined,
		lastDport: differs ? last.dport : undefined,
		forward: path.forward,
		fwmark: path.fwmark,
		flags,
		template: (flags & entryFlag.template) !== 0,
		state: entryState(words, at),
		open: isOpenRank(entryRank(words, at)),
		pe: readPe(arrays, entryPe(words, at)),
		timeoutSeconds: entryTimeout(words, at),
		expiresUs: originUs + (entryExpiresMs(words, at) * 1000),
		firstUs: originUs + (entryFirstMs(words, at) * 1000),
		lastUs: originUs + (entryLastMs(words, at) * 1000),
		updates: entryUpdates(words, at),
		director: entryDirector(words, at),
		directorsMask: entryAnnouncedBy(words, at),
		sentMask: entrySent(words, at),
		syncid: last.syncid,
		version: last.version,
		rhythmSeconds: entryRhythmSeconds(words, at),
		path,
	};
};
