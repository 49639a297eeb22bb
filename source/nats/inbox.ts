/*
What a site's sensor published, in order, from a moment or a message on, and then as it comes. An ordered consumer numbers what it is sent and
begins again where a number is missing; that it lives is known by a heartbeat each second.
*/
import {DeliverPolicy, jetstream, type ConsumerMessages} from '@nats-io/jetstream';
import {type Link} from './connection.js';
import {unpackOctets} from './packing.js';
import {framesOf, header, streamOf} from './subjects.js';

/** One message of frames. */
export type Delivery = {
	/** Of the stream, counts up from 1 and has gaps. */
	readonly sequence: number;
	/** When the broker stored it, by its clock, in microseconds. */
	readonly storedUs: number;
	readonly octets: Uint8Array;
};

/** From where on: all that the broker has, a message, or a moment by the broker's clock. */
export type Beginning = {readonly sequence: number} | {readonly timeUs: number} | undefined;

export type InboxOptions = {
	readonly link: Link;
	readonly site: string;
	readonly from: Beginning;
	onDelivery(delivery: Delivery): void | Promise<void>;
	/** A payload that cannot be used, and why. */
	onFault(text: string): void;
	onState(state: 'listening' | 'missing' | 'away', detail: string): void;
};

export type Inbox = {readonly ended: Promise<void>; close(): void};

const heartbeatMs = 1000;
const retryMs = 1000;
/** What may be under way to us; a viewer is never behind by more memory than that. */
const mostOctetsAhead = 8 * 1024 * 1024;

const policyOf = (from: Beginning, sequence: number) => {
	if (sequence > 0) {
		return {deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: sequence + 1};
	}

	if (from === undefined) {
		return {deliver_policy: DeliverPolicy.All};
	}

	return 'sequence' in from
		? {deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from.sequence}
		: {deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(from.timeUs / 1000).toISOString()};
};

/** Delivers until it is closed. */
export const createInbox = ({link, site, from, onDelivery, onFault, onState}: InboxOptions): Inbox => {
	let isClosed = false;
	let messages: ConsumerMessages | undefined;
	let cancelPause = (): void => undefined;
	/** The last that was delivered. */
	let sequence = 0;

	const pause = async (ms: number): Promise<void> => new Promise(resolve => {
		const timer = setTimeout(resolve, ms);
		cancelPause = () => {
			clearTimeout(timer);
			resolve();
		};
	});

	const watch = async (of: ConsumerMessages) => {
		for await (const status of of.status()) {
			if (status.type === 'heartbeats_missed' && status.count > 2) {
				onState('away', 'the broker is silent');
			} else if (status.type === 'stream_not_found') {
				onState('missing', `there is no stream ${streamOf(site)} any more`);
				of.stop();
			}
		}
	};

	const consume = async () => {
		const connection = await link.opened;
		const consumer = await jetstream(connection).consumers.get(streamOf(site), {filter_subjects: framesOf(site), ...policyOf(from, sequence)});
		messages = await consumer.consume({max_bytes: mostOctetsAhead, idle_heartbeat: heartbeatMs, expires: 30_000});
		onState('listening', '');
		const current = messages;
		// After a restart of the broker the consumer is gone, which it would notice by missing heartbeats seconds later only.
		void link.lost().then(() => {
			current.stop();
		});
		void watch(messages);
		for await (const message of messages) {
			if (message.seq <= sequence) {
				continue;
			}

			sequence = message.seq;
			const octets = unpackOctets(message.data, message.headers?.get(header.encoding) ?? '');
			if (typeof octets === 'string') {
				onFault(`message ${message.seq} of ${site} is left out: ${octets}`);
			} else {
				await onDelivery({sequence: message.seq, storedUs: message.info.timestampNanos / 1000, octets});
			}

			onState('listening', '');
		}
	};

	const run = async () => {
		while (!isClosed && !link.isClosed) {
			try {
				await link.connected();
				await consume();
			} catch (error) {
				if (!isClosed && !link.isClosed) {
					const {message} = error as Error;
					onState(message.includes('stream not found') ? 'missing' : 'away', message.includes('stream not found') ? `there is no stream ${streamOf(site)}` : message);
				}
			}

			// A lost connection is waited for above.
			if (!isClosed && !link.isClosed && link.isConnected) {
				await pause(retryMs);
			}
		}
	};

	return {
		ended: run(),
		close() {
			isClosed = true;
			messages?.stop();
			cancelPause();
		},
	};
};
