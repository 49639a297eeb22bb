import {type Place} from '../capture/source.js';
import {frameTags} from '../wire/ip/datagram.js';
import {tagText} from '../wire/link/tunnels.js';
import {type Limits} from '../desk/facts/limits.js';

/** The most segments that are told apart; frames with further VLAN tags count as the untagged place. */
export const maxSegments = 1024;

/**
Numbers for the places where frames are heard, VLAN tags and tunnels included. A segment is part of a connection's identity, so the
copies that stacked devices make of one frame (a VLAN device and its parent, a bridge and its port) must end in one
segment: `unite` says that two are the same.
*/
export type Segments = {
	/** Number of the segment of a frame heard at `place` with these tags, outermost first. */
	idOf(place: number, tags: Int32Array, tagCount: number): number;
	/** From now on frames of segment `copy` belong to segment `original`. */
	unite(copy: number, original: number): void;
	names(): readonly string[];
	/** How many have been numbered; when it grows, `names` changed. */
	count(): number;
};

export type SegmentState = {
	/** Numbers of segments by place and tags. */
	readonly ids: Map<string, number>;
	/** By number. */
	readonly names: string[];
};

export const createSegmentState = (): SegmentState => ({ids: new Map(), names: []});

export const createSegments = (places: () => readonly Place[], limits: Limits, {ids, names} = createSegmentState()): Segments => {
	const keyOf = (place: number, tags: Int32Array, tagCount: number): string => {
		let key = `${place}`;
		for (let index = 0; index < tagCount; index++) {
			key += `.${tags[index]}`;
		}

		return key;
	};

	const nameOf = (place: number, tags: Int32Array, tagCount: number) => {
		const name = places()[place]?.name ?? '?';
		return tagCount === 0 ? name : `${name}.${[...tags.subarray(0, tagCount)].map(tag => tagText(tag)).join('.')}`;
	};

	/** Nearly every frame is heard where the one before it was: that one is found again without making text. */
	const last = {place: -1, tags: new Int32Array(frameTags), tagCount: 0, id: 0};

	const isLast = (place: number, tags: Int32Array, tagCount: number): boolean => {
		if (last.place !== place || last.tagCount !== tagCount) {
			return false;
		}

		for (let index = 0; index < tagCount; index++) {
			if (last.tags[index] !== tags[index]) {
				return false;
			}
		}

		return true;
	};

	const remember = (place: number, tags: Int32Array, tagCount: number, id: number): number => {
		last.place = place;
		last.tags.set(tags.subarray(0, tagCount));
		last.tagCount = tagCount;
		last.id = id;
		return id;
	};

	const find = (place: number, tags: Int32Array, tagCount: number): number => {
		const key = keyOf(place, tags, tagCount);
		const known = ids.get(key);
		if (known !== undefined) {
			return remember(place, tags, tagCount, known);
		}

		if (names.length >= maxSegments) {
			limits.hit('segments');
			return ids.get(keyOf(place, tags, 0)) ?? 0;
		}

		// Two files of one name are one segment: a capture that was rotated.
		const name = nameOf(place, tags, tagCount);
		const same = names.indexOf(name);
		const id = same === -1 ? names.length : same;
		ids.set(key, id);
		if (same === -1) {
			names.push(name);
		}

		return remember(place, tags, tagCount, id);
	};

	return {
		idOf: (place, tags, tagCount) => isLast(place, tags, tagCount) ? last.id : find(place, tags, tagCount),
		unite(copy, original) {
			last.place = -1;
			for (const [key, id] of ids) {
				if (id === copy) {
					ids.set(key, original);
				}
			}
		},
		names: () => names,
		count: () => names.length,
	};
};
