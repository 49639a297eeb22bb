/*
Checkpoints of a log on the broker: in pieces that fit into messages, and a head that comes last and says where they are. Whoever comes late
takes the newest head, its pieces, and the frames from the segment's first message on.
*/
import {existsSync, statSync} from 'node:fs';
import {headers, type NatsConnection} from '@nats-io/transport-node';
import {jetstream, type StoredMsg} from '@nats-io/jetstream';
import {arrayOf, decodeValue, encodeValue, integer, struct, type Of} from '../checkpoint/shape.js';
import {LogError, readIndex, readLogFile, segmentFile} from '../log/folder.js';
import {packOctets, unpackOctets} from './packing.js';
import {isNotFound, managerOf} from './stream.js';
import {checkpointHeadsOf, checkpointPartsOf, header, indexesOfSite, streamOf} from './subjects.js';

const mostParts = 65_536;
const sequence = integer(1);

const headShape = struct<{version: number; segment: number; frames: number; octets: number; parts: number[]}>({
	version: integer(1, 1),
	segment: integer(),
	/** The message of frames that begins the segment. */
	frames: sequence,
	/** Of the checkpoint as a whole. */
	octets: integer(0, 2 ** 32),
	/** Its pieces in order, by number in the stream; none where the segment has no checkpoint. */
	parts: arrayOf(sequence, mostParts),
});

/** Where a segment and its checkpoint lie in the stream. */
export type Head = Of<typeof headShape>;

const partOctets = 512 * 1024;

/** Publishes the checkpoint of a segment of the log in `folder`, as far as there is one. Throws when the broker does not take it. */
export const publishCheckpoint = async (connection: NatsConnection, site: string, {folder, owner, segment, frames}: {
	readonly folder: string; readonly owner: number; readonly segment: number; readonly frames: number;
}): Promise<void> => {
	const client = jetstream(connection);
	let checkpoint = new Uint8Array(0);
	try {
		checkpoint = Uint8Array.from(readLogFile(segmentFile(folder, segment, 'checkpoint'), owner, 2 ** 32));
	} catch (error) {
		if (!(error instanceof LogError)) {
			throw error;
		}
	}

	const parts: number[] = [];
	for (let at = 0; at < checkpoint.length; at += partOctets) {
		const {octets, encoding} = packOctets(checkpoint.subarray(at, at + partOctets));
		const about = headers();
		about.set(header.segment, String(segment));
		if (encoding) {
			about.set(header.encoding, encoding);
		}

		const {seq} = await client.publish(checkpointPartsOf(site), octets, {headers: about});
		parts.push(seq);
	}

	const head: Head = {version: 1, segment, frames, octets: checkpoint.length, parts};
	await client.publish(checkpointHeadsOf(site), JSON.stringify(encodeValue(headShape, head)));
};

/** Whether a checkpoint of a segment has been written. */
export const hasCheckpoint = (folder: string, segment: number): boolean => existsSync(segmentFile(folder, segment, 'checkpoint'));

/** Publishes what a segment holds, when that is known. Gives when its index was written, 0 where there is none. */
export const publishIndex = async (connection: NatsConnection, site: string, {folder, owner, segment, after}: {
	readonly folder: string; readonly owner: number; readonly segment: number; readonly after: number;
}): Promise<number> => {
	const file = segmentFile(folder, segment, 'json');
	const writtenMs = statSync(file, {throwIfNoEntry: false})?.mtimeMs ?? 0;
	if (writtenMs <= after || !readIndex(folder, segment, owner)) {
		return after;
	}

	const {octets, encoding} = packOctets(readLogFile(file, owner, 64 * 1024 * 1024));
	const about = headers();
	about.set(header.segment, String(segment));
	if (encoding) {
		about.set(header.encoding, encoding);
	}

	await jetstream(connection).publish(indexesOfSite(site), octets, {headers: about});
	return writtenMs;
};

/** A head as it was published; undefined when it is none. */
export const readHead = (octets: Uint8Array): Head | undefined => {
	try {
		return decodeValue(headShape, JSON.parse(new TextDecoder().decode(octets)));
	} catch {
		return undefined;
	}
};

/** The head that came last to the broker, and its message. */
export const newestHead = async (connection: NatsConnection, site: string): Promise<{readonly head: Head; readonly sequence: number} | undefined> => {
	const manager = await managerOf(connection);
	try {
		const message = await manager.streams.getMessage(streamOf(site), {last_by_subj: checkpointHeadsOf(site)});
		const head = message && readHead(message.data);
		return head ? {head, sequence: message.seq} : undefined;
	} catch (error) {
		if (isNotFound(error)) {
			return undefined;
		}

		throw error;
	}
};

const partsAtOnce = 8;

/** The octets of a checkpoint; undefined when some of it is no longer there, or is not what its head promises. */
export const fetchCheckpoint = async (connection: NatsConnection, site: string, head: Head): Promise<Uint8Array | undefined> => {
	const manager = await managerOf(connection);
	const pieces: Uint8Array[] = [];
	let octets = 0;
	for (let at = 0; at < head.parts.length; at += partsAtOnce) {
		let found: Array<StoredMsg | null>;
		try {
			found = await Promise.all(head.parts.slice(at, at + partsAtOnce).map(async seq => manager.streams.getMessage(streamOf(site), {seq})));
		} catch (error) {
			if (isNotFound(error)) {
				return undefined;
			}

			throw error;
		}

		for (const message of found) {
			const piece = message?.subject === checkpointPartsOf(site) && unpackOctets(message.data, message.header.get(header.encoding));
			if (!(piece instanceof Uint8Array) || octets + piece.length > head.octets) {
				return undefined;
			}

			octets += piece.length;
			pieces.push(piece);
		}
	}

	return octets === head.octets && octets > 0 ? Buffer.concat(pieces) : undefined;
};
