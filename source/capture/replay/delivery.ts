import {type Packet} from '../../wire/packet.js';
import {type MergedStream} from '../merge.js';
import {sliceMs, sliceStep, turn} from '../slices.js';
import {type PacketSink} from '../source.js';

/** Hands the packets of files on, in slices. */
export type ReplayDelivery = {
	/** The next packet, waiting for it; borrowed, undefined at the end. Not the fast path. */
	head(): Promise<Pick<Packet, 'timeUs'> | undefined>;
	/** Delivers the packets up to `limitUs` for one slice. 'wait': more octets are needed; 'later': the next packet is; 'slice': the loop wants its turn. */
	deliver(limitUs: number): 'wait' | 'later' | 'end' | 'slice';
	/** Delivers all packets up to `limitUs`. True: there are later ones. */
	deliverUpTo(limitUs: number): Promise<boolean>;
	/** Time of the packet that comes next, after 'later'. */
	nextUs(): number;
	/** Time of the packet that was delivered last, NaN before. */
	lastUs(): number;
};

/** A comment of a recording of ours begins with the time at which it was written. */
const noteOf = (comment: string): string => comment.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /v, '');

/** Reads this many packets, or as many as there are, without anybody hearing of them. */
export const passOver = async (merged: MergedStream, count: number, isClosed: () => boolean): Promise<void> => {
	for (let left = count; left > 0 && !isClosed();) {
		const found = merged.next();
		if (found === 'end') {
			return;
		}

		if (found === 'wait') {
			// Which gives others their turn, too.
			await merged.more();
		} else {
			merged.take();
			left -= 1;
		}
	}
};

/** `isClosed`: whoever gets a packet may close the replay. */
export const createReplayDelivery = (merged: MergedStream, sink: Pick<PacketSink, 'packet' | 'remarked'>, isClosed: () => boolean): ReplayDelivery => {
	let lastUs = NaN;

	const deliver: ReplayDelivery['deliver'] = limitUs => {
		const sliceEnd = performance.now() + sliceMs;
		for (let count = 1; ; count++) {
			const found = merged.next();
			if (found !== 'packet') {
				return found;
			}

			const packet = merged.packet();
			if (packet.timeUs > limitUs) {
				return 'later';
			}

			lastUs = packet.timeUs;
			const {comments} = packet;
			sink.packet(packet);
			if (comments) {
				for (const comment of comments) {
					sink.remarked?.(lastUs, noteOf(comment));
				}
			}

			merged.take();
			if (isClosed()) {
				return 'end';
			}

			if (count % sliceStep === 0 && performance.now() > sliceEnd) {
				return 'slice';
			}
		}
	};

	return {
		async head() {
			for (;;) {
				const found = merged.next();
				if (found === 'packet') {
					return merged.packet();
				}

				if (found === 'end' || isClosed()) {
					return undefined;
				}

				await merged.more();
			}
		},
		deliver,
		async deliverUpTo(limitUs) {
			for (;;) {
				const found = deliver(limitUs);
				if (isClosed() || found === 'end' || found === 'later') {
					return found === 'later';
				}

				await (found === 'wait' ? merged.more() : turn());
			}
		},
		nextUs: () => merged.packet().timeUs,
		lastUs: () => lastUs,
	};
};
