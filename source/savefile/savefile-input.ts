/** Octets that arrive in chunks of any size, read as if they were one piece. */
export type SavefileInput = {
	/** What can be read now lies in `view` from `at` to `limit`; the reader moves `at`. */
	view: DataView;
	at: number;
	limit: number;
	/** No more octets will come. */
	ended: boolean;
	/** Offset in the stream of the octet at `at`. */
	offset(): number;
	/** Makes `count` octets readable from `at` on, if they have arrived. `count` is bounded by the caller. */
	has(count: number): boolean;
	/** Gives the next chunk, only when `has` said no. It must stay as it is until the next one. */
	push(chunk: Uint8Array): void;
	/** Some of the octets from `at` on, as numbers; fewer where fewer have arrived. */
	peek(count: number): number[];
};

/** Reads inside the newest chunk without copying; only what lies across two chunks is put together. */
export const createSavefileInput = (): SavefileInput => {
	let octets: Uint8Array = new Uint8Array(0);
	// Offset in the stream of the first octet of `view`.
	let streamOffset = 0;
	// Where a record that lies across chunks is put together; the rest of the newest chunk waits meanwhile.
	let joint = new Uint8Array(0);
	let inJoint = false;
	let waiting: Uint8Array | undefined;

	const adopt = (chunk: Uint8Array): void => {
		streamOffset += input.at;
		octets = chunk;
		input.view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
		input.at = 0;
		input.limit = chunk.byteLength;
		inJoint = false;
	};

	const useJoint = (): void => {
		octets = joint;
		input.view = new DataView(joint.buffer);
		inJoint = true;
	};

	/** Moves what is unread to the start of the joint buffer, which becomes what is read. */
	const moveToJoint = (): void => {
		const rest = input.limit - input.at;
		streamOffset += input.at;
		if (inJoint) {
			joint.copyWithin(0, input.at, input.limit);
		} else {
			if (joint.length < rest) {
				joint = new Uint8Array(Math.max(4096, rest));
			}

			joint.set(octets.subarray(input.at, input.limit));
			useJoint();
		}

		input.at = 0;
		input.limit = rest;
	};

	const gather = (count: number): boolean => {
		if (waiting === undefined) {
			return false;
		}

		if (input.at === input.limit) {
			const chunk = waiting;
			waiting = undefined;
			adopt(chunk);
			return input.limit >= count;
		}

		if (!inJoint || input.at + count > joint.length) {
			moveToJoint();
		}

		if (joint.length < count) {
			const larger = new Uint8Array(Math.max(count, joint.length * 2));
			larger.set(joint.subarray(0, input.limit));
			joint = larger;
			useJoint();
		}

		const taken = Math.min(count - (input.limit - input.at), waiting.length);
		joint.set(waiting.subarray(0, taken), input.limit);
		input.limit += taken;
		waiting = taken === waiting.length ? undefined : waiting.subarray(taken);
		return input.limit - input.at >= count;
	};

	const input: SavefileInput = {
		view: new DataView(octets.buffer),
		at: 0,
		limit: 0,
		ended: false,
		offset: () => streamOffset + input.at,
		has: count => input.limit - input.at >= count || gather(count),
		push(chunk) {
			if (input.at === input.limit) {
				adopt(chunk);
				return;
			}

			// The older chunk may be reused by its owner as soon as the next one is there.
			moveToJoint();
			waiting = chunk;
		},
		peek: count => [...octets.subarray(input.at, Math.min(input.limit, input.at + count))],
	};

	return input;
};
