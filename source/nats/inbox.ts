/*
What a site's sensor published, in order, from a moment or a message on, and then as it comes. An ordered consumer numbers what it is sent and
begins again where a number is missing; that it lives is known by a heartbeat each second.
*/
import {DeliverPolicy, jetstream, type ConsumerMessages} from '@nats-io/jetstream';
import {type Link} from './connection.js';
import {unpackOctets} from './packing.js';
import {createPause} from './pause.js';
import {header, streamOf} from './subjects.js';

/** One message. */
export type Delivery = {
	readonly subject: string;
	/** Of the stream, counts up from 1 and has gaps. */
	readonly sequence: number;
	readonly octets: Uint8Array;
	/** A header's text, '' where it is missing; somebody else's word. */
	header(name: string): string;
};

type InboxOptions = {
	readonly link: Link;
	readonly site: string;
	readonly subjects: readonly string[];
	/** The first message that is wanted; 1: all that the broker has. */
	readonly from: number;
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

/** Delivers until it is closed. */
export const createInbox = ({link, site, subjects, from, onDelivery, onFault, onState}: InboxOptions): Inbox => {
	let isClosed = false;
	let messages: ConsumerMessages | undefined;
	const pause = createPause();
	/** The last that was delivered. */
	let sequence = from - 1;

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
		const consumer = await jetstream(connection).consumers.get(streamOf(site), {
			filter_subjects: [...subjects], deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: sequence + 1,
		});
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
				await onDelivery({subject: message.subject, sequence: message.seq, octets, header: name => message.headers?.get(name) ?? ''});
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
					const isMissing = message.includes('stream not found');
					onState(isMissing ? 'missing' : 'away', isMissing ? `there is no stream ${streamOf(site)}` : message);
				}
			}

			// A lost connection is waited for above.
			if (!isClosed && !link.isClosed && link.isConnected) {
				await pause.wait(retryMs);
			}
		}
	};

	return {
		ended: run(),
		close() {
			isClosed = true;
			messages?.stop();
			pause.cut();
		},
	};
};
