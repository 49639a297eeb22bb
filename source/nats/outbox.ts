/*
From a sensor's own log to the broker, in order and once. One batch is on its way at a time: parallel ones, tried again over a restart of the
broker, were seen to change places and to get lost, 30 % of them for a viewer. A batch grows with what waits, so that one
at a time is fast enough at any distance.

What the broker has stored is the memory of how far we came: its last message says where our log goes on. Each message also says which one it
follows, so that a second sensor of the same name is noticed by both, and a repeated message is stored once however late the answer is lost.
*/
import {headers, type NatsConnection} from '@nats-io/transport-node';
import {jetstream, JetStreamApiError} from '@nats-io/jetstream';
import {packOctets} from './packing.js';
import {type Link} from './connection.js';
import {isNotFound, managerOf} from './stream.js';
import {framesOf, header, streamOf} from './subjects.js';

/** Octets that stand by themselves as a pcapng. */
export type Batch = {
	readonly octets: Uint8Array;
	/** So many of them repeat what the segment described before. */
	readonly preamble: number;
	readonly frames: number;
	/** The segment of the log, and where in it the octets after the preamble stand. */
	readonly segment: number;
	readonly offset: number;
	/** Where the log goes on after them. */
	readonly position: string;
};

/** What is to be published, from the oldest. */
export type Supply = {
	/** The next batch after this position, waiting for it; from the oldest that there is without one. Undefined when there will be no more. */
	next(after: string | undefined, mostOctets: number): Promise<Batch | undefined>;
	/** Whether the log still has what follows this position. */
	has(position: string): boolean;
};

export type OutboxCounts = {
	/** Messages and frames that the broker has acknowledged. */
	messages: number;
	frames: number;
	/** Octets published, after packing. */
	octets: number;
	/** Times that a message was sent again. */
	repeats: number;
};

type OutboxOptions = {
	readonly link: Link;
	readonly site: string;
	/** A random name of this run. */
	readonly sensor: string;
	readonly supply: Supply;
	/** The broker has stored a batch, under this number. */
	onStored?(batch: Batch, sequence: number): void;
	/** Something that people must know: another sensor, a gap, a full stream. */
	onProblem(text: string): void;
};

type Outbox = {
	readonly counts: Readonly<OutboxCounts>;
	/** Ends when the supply does, or the link is closed. */
	readonly ended: Promise<void>;
};

const ackTimeoutMs = 5000;
/** Of a batch, before packing. Below the 1 MiB that a server takes by default, with its headers. */
const mostOctets = 512 * 1024;
const retryMs = 500;

/** Codes of the JetStream API: https://github.com/nats-io/nats-server, server/errors.json. */
const wrongLastSequence = new Set([10_071, 10_164]);

const pause = async (ms: number): Promise<void> => new Promise(resolve => {
	setTimeout(resolve, ms);
});

type Stored = {readonly sequence: number; readonly sensor: string; readonly position: string};

/** The last message of frames that the broker holds, if it holds one. */
const lastStored = async (connection: NatsConnection, site: string): Promise<Stored | undefined> => {
	const manager = await managerOf(connection);
	try {
		const message = await manager.streams.getMessage(streamOf(site), {last_by_subj: framesOf(site)});
		return message ? {sequence: message.seq, sensor: message.header.get(header.sensor), position: message.header.get(header.position)} : undefined;
	} catch (error) {
		if (isNotFound(error)) {
			return undefined;
		}

		throw error;
	}
};

/** Publishes what the supply gives until it ends. */
export const createOutbox = ({link, site, sensor, supply, onStored, onProblem}: OutboxOptions): Outbox => {
	const counts: OutboxCounts = {messages: 0, frames: 0, octets: 0, repeats: 0};
	const subject = framesOf(site);
	let told = '';
	const tell = (text: string) => {
		if (text !== told) {
			told = text;
			onProblem(text);
		}
	};

	/** Tries until it works; undefined when the link was closed meanwhile. */
	const insist = async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
		while (!link.isClosed) {
			await link.connected();
			try {
				// What was under way when the connection was lost is not waited for.
				return await Promise.race([work(), link.lost().then(() => {
					throw new Error('the connection was lost');
				})]);
			} catch (error) {
				if (error instanceof JetStreamApiError) {
					tell(`the broker refuses what ${site} heard: ${error.message}`);
				}

				counts.repeats++;
				await pause(retryMs);
			}
		}

		return undefined;
	};

	const run = async () => {
		const connection = await link.opened;
		const client = jetstream(connection);
		let sequence = 0;
		let position: string | undefined;

		const resume = async () => {
			const last = await insist(async () => lastStored(connection, site));
			sequence = last?.sequence ?? 0;
			return last;
		};

		const first = await resume();
		if (first && first.position !== '' && supply.has(first.position)) {
			({position} = first);
		} else if (first) {
			tell(`what follows the last that the broker has of ${site} is no longer in the log here: there is a gap`);
		}

		const publish = async (batch: Batch): Promise<number> => {
			const {octets, encoding} = packOctets(batch.octets);
			const about = headers();
			about.set(header.sensor, sensor);
			about.set(header.position, batch.position);
			about.set(header.segment, String(batch.segment));
			about.set(header.offset, String(batch.offset));
			about.set(header.preamble, String(batch.preamble));
			about.set(header.sent, String(Date.now()));
			if (encoding) {
				about.set(header.encoding, encoding);
			}

			try {
				({seq: sequence} = await client.publish(subject, octets, {
					headers: about, timeout: ackTimeoutMs, retries: 1, msgID: `${sensor} ${batch.position}`, expect: {lastSubjectSequence: sequence},
				}));
			} catch (error) {
				if (!(error instanceof JetStreamApiError && wrongLastSequence.has(error.apiError().err_code))) {
					throw error;
				}

				// Either an answer was lost and it is stored already, or somebody else publishes there, or the stream was emptied.
				const last = await lastStored(connection, site);
				sequence = last?.sequence ?? 0;
				if (last?.sensor !== sensor || last.position !== batch.position) {
					if (last && last.sensor !== sensor) {
						tell(`another sensor publishes as ${site}: give each its own name`);
					}

					throw error;
				}
			}

			return octets.length;
		};

		while (!link.isClosed) {
			const batch = await supply.next(position, mostOctets);
			const stored = batch && await insist(async () => publish(batch));
			if (!batch || stored === undefined) {
				return;
			}

			({position} = batch);
			counts.messages++;
			counts.frames += batch.frames;
			counts.octets += stored;
			onStored?.(batch, sequence);
		}
	};

	return {
		counts,
		ended: run().catch((error: unknown) => {
			// The log itself cannot be read any more.
			if (!link.isClosed) {
				tell((error as Error).message);
			}
		}),
	};
};
