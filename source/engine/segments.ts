import {type Place} from '../capture/source.js';
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

	return {
		idOf(place, tags, tagCount) {
			const key = keyOf(place, tags, tagCount);
			const known = ids.get(key);
			if (known !== undefined) {
				return known;
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

			return id;
		},
		unite(copy, original) {
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
