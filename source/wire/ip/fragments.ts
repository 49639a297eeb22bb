/*
Reassembly of IP fragments, RFC 791 3.2 and RFC 8200 4.5, with every quantity bounded: octets held (what arrived, never what a
header claims), sets in total and per source, fragments per set, and how long a set may stay unfinished. An exact repetition
is ignored, since a capture on all interfaces sees each fragment several times; any other overlap discards the set (RFC 5722).
*/
import {faultCode} from '../fault.js';
import {type Datagram} from '../packet.js';
import {type Span} from '../span.js';
import {secondUs} from '../second.js';
import {copyHeaders, createDatagram} from './datagram.js';

/** So long a set may stay unfinished. */
export const fragmentsWaitUs = 30 * secondUs;
const maxOctets = 4 * 1024 * 1024;
const maxSets = 1024;
const maxSetsPerSource = 64;
const maxFragments = 512;
/** What a held fragment costs beside its octets. */
const overhead = 256;
const largestPayload = 65_535;

export type Fragment = {start: number; end: number; octets: Uint8Array};

export type FragmentSet = {
	readonly key: string;
	readonly sourceKey: string;
	/** Headers of the fragment that came first. */
	readonly headers: Datagram;
	/** In the order of their place. */
	readonly fragments: Fragment[];
	/** Octets that arrived, and with overhead what they cost. */
	received: number;
	cost: number;
	/** Where the last fragment ended, -1 until it came. */
	total: number;
	/** Next header of the fragment at place 0. */
	protocol: number;
};

type Reassembler = {
	/**
	Takes the fragment at `span`. Gives true when it completed its datagram: `span` then lies over the whole payload, borrowed
	until the next call. The fragment must have been captured whole.
	*/
	add(headers: Datagram, span: Span): boolean;
	/** Gives up sets that are unfinished after 30 seconds of packet time. */
	expire(timeUs: number): void;
	/** Octets held, overhead included. */
	readonly cost: number;
	/** Sets that are unfinished. */
	readonly pending: number;
};

const keyOf = (headers: Datagram, span: Span, sourceKey: string): string => {
	const {destination: d} = headers;
	// The protocol belongs to the key of IPv4 only (RFC 791); in IPv6 it may differ between fragments.
	return `${sourceKey}>${d[0]},${d[1]},${d[2]},${d[3]}#${span.fragmentId}${headers.family === 4 ? `/${span.protocol}` : ''}`;
};

const sourceKeyOf = (headers: Datagram): string => {
	const {source: s, tags, tagCount} = headers;
	let key = `${headers.place}`;
	for (let index = 0; index < tagCount; index++) {
		key += `.${tags[index]}`;
	}

	return `${key}|${headers.family}|${s[0]},${s[1]},${s[2]},${s[3]}`;
};

/** Index of the first fragment that starts at or behind `start`. */
const placeOf = (fragments: readonly Fragment[], start: number): number => {
	let low = 0;
	let high = fragments.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (fragments[middle]!.start < start) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}

	return low;
};

/** Fragments that wait for the rest of their datagrams. */
export type FragmentState = {
	/** In the order of their creation. */
	readonly sets: Map<string, FragmentSet>;
	/** How many sets each source has. */
	readonly setsBySource: Map<string, number>;
	/** Octets held, overhead included. */
	cost: number;
};

export const createFragmentState = (): FragmentState => ({sets: new Map(), setsBySource: new Map(), cost: 0});

/** `onFault` is told why a set was given up, with the headers of its first fragment. */
export const createReassembler = (onFault: (fault: number, headers: Datagram) => void, state = createFragmentState()): Reassembler => {
	const {sets, setsBySource} = state;
	const whole = new Uint8Array(largestPayload);
	const wholeView = new DataView(whole.buffer);

	const remove = (set: FragmentSet): void => {
		sets.delete(set.key);
		state.cost -= set.cost;
		const left = setsBySource.get(set.sourceKey)! - 1;
		if (left === 0) {
			setsBySource.delete(set.sourceKey);
		} else {
			setsBySource.set(set.sourceKey, left);
		}
	};

	const discard = (set: FragmentSet, fault: number): void => {
		remove(set);
		onFault(fault, set.headers);
	};

	const discardOldest = (sourceKey: string | undefined): void => {
		for (const set of sets.values()) {
			if (sourceKey === undefined || set.sourceKey === sourceKey) {
				discard(set, faultCode['fragment-limit']);
				return;
			}
		}
	};

	const open = (key: string, sourceKey: string, headers: Datagram): FragmentSet => {
		if ((setsBySource.get(sourceKey) ?? 0) >= maxSetsPerSource) {
			discardOldest(sourceKey);
		} else if (sets.size >= maxSets) {
			discardOldest(undefined);
		}

		const set: FragmentSet = {key, sourceKey, headers: createDatagram(), fragments: [], received: 0, cost: 0, total: -1, protocol: 0};
		copyHeaders(headers, set.headers);
		sets.set(key, set);
		setsBySource.set(sourceKey, (setsBySource.get(sourceKey) ?? 0) + 1);
		return set;
	};

	/** The fault of adding octets from `start` to `end` at `index`; -1 when they are there already. */
	const check = (set: FragmentSet, start: number, end: number, index: number, isLast: boolean): number => {
		const next = set.fragments[index];
		const previous = set.fragments[index - 1];
		if (next?.start === start && next.end === end) {
			return -1;
		}

		if ((next && next.start < end) || (previous && previous.end > start)) {
			return faultCode['fragment-overlap'];
		}

		// Behind the end that the last fragment gave, or a last fragment that is not the last.
		if ((set.total !== -1 && (isLast || end > set.total)) || (isLast && next)) {
			return faultCode['fragment-oversized'];
		}

		return set.fragments.length >= maxFragments ? faultCode['fragment-limit'] : faultCode.none;
	};

	const assemble = (set: FragmentSet, span: Span): void => {
		for (const fragment of set.fragments) {
			whole.set(fragment.octets, fragment.start);
		}

		span.view = wholeView;
		span.offset = 0;
		span.end = set.total;
		span.claimedEnd = set.total;
		span.protocol = set.protocol;
		span.isFragment = false;
	};

	return {
		add(headers, span) {
			const start = span.fragmentOffset;
			const end = start + span.end - span.offset;
			const isLast = !span.moreFragments;
			if (end === start || (!isLast && (end - start) % 8 !== 0)) {
				onFault(faultCode['ip-length'], headers);
				return false;
			}

			const sourceKey = sourceKeyOf(headers);
			const key = keyOf(headers, span, sourceKey);
			const known = sets.get(key);
			if (end > largestPayload) {
				if (known) {
					remove(known);
				}

				onFault(faultCode['fragment-oversized'], headers);
				return false;
			}

			const set = known ?? open(key, sourceKey, headers);
			const index = placeOf(set.fragments, start);
			const fault = check(set, start, end, index, isLast);
			if (fault !== 0) {
				if (fault > 0) {
					discard(set, fault);
				}

				return false;
			}

			const octets = new Uint8Array(span.view.buffer, span.view.byteOffset + span.offset, end - start).slice();
			set.fragments.splice(index, 0, {start, end, octets});
			set.received += end - start;
			set.cost += end - start + overhead;
			state.cost += end - start + overhead;
			if (start === 0) {
				set.protocol = span.protocol;
			}

			if (isLast) {
				set.total = end;
			}

			// Without overlaps, as many octets as the total are all of them.
			if (set.received === set.total) {
				remove(set);
				assemble(set, span);
				return true;
			}

			while (state.cost > maxOctets) {
				discardOldest(undefined);
			}

			return false;
		},
		expire(timeUs) {
			for (const set of sets.values()) {
				// Also after a step back of the packet times, which would keep it for ever.
				if (Math.abs(timeUs - set.headers.timeUs) < fragmentsWaitUs) {
					break;
				}

				discard(set, faultCode['fragment-timeout']);
			}
		},
		get cost() {
			return state.cost;
		},
		get pending() {
			return sets.size;
		},
	};
};
