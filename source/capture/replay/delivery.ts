import {type Packet} from '../../wire/packet.js';
import {type MergedStream} from '../merge.js';
import {sliceMs, sliceStep, turn} from '../slices.js';
import {type PacketSink} from '../source.js';

/** Hands the packets of files on, in slices. */
export type ReplayDelivery = {
	/** The next packet, waiting for it; borrowed, undefined at the end. Not the fast path. */
	head(): Promise<Packet | undefined>;
	/** Delivers the packets up to `limitUs` for one slice. 'wait': more octets are needed; 'later': the next packet is; 'slice': the loop wants its turn. */
	deliver(limitUs: number): 'wait' | 'later' | 'end' | 'slice';
	/** Delivers all packets up to `limitUs`. True: there are later ones. */
	deliverUpTo(limitUs: number): Promise<boolean>;
	/** Time of the packet that comes next, after 'later'. */
	nextUs(): number;
	/** Time of the packet that was delivered last, NaN before. */
	lastUs(): number;
};

/** So far apart packets of one capture may be: a file that pauses for a day is one, a clock that was set is none. Back by more than what several queues of a network card do. */
const longestPauseUs = 86_400_000_000;
const longestBackUs = 10_000_000;

const isPlausible = (fromUs: number, toUs: number): boolean => toUs >= fromUs - longestBackUs && toUs <= fromUs + longestPauseUs;

/**
The time of packets where the clock of the capture jumps. One stray packet does not move time: it counts at the time of the one before. When the
next one follows it the clock was set: back, and time goes on from where it stood; ahead, and so much has passed.
*/
const createSteadyTime = (jumped: NonNullable<PacketSink['clockJumped']>) => {
	let lastUs = NaN;
	let strayUs = NaN;
	/** Added to what packets say, since their clock was set back. */
	let offsetUs = 0;

	return (packet: Packet): number => {
		const timeUs = packet.timeUs + offsetUs;
		if (Number.isNaN(lastUs) || isPlausible(lastUs, timeUs)) {
			lastUs = Number.isNaN(lastUs) ? timeUs : Math.max(lastUs, timeUs);
			strayUs = NaN;
			return timeUs;
		}

		const isStep = !Number.isNaN(strayUs) && isPlausible(strayUs, timeUs);
		jumped(packet.place, lastUs, (timeUs - lastUs) / 1_000_000, isStep);
		if (!isStep) {
			strayUs = timeUs;
			return lastUs;
		}

		strayUs = NaN;
		offsetUs += timeUs < lastUs ? lastUs - timeUs : 0;
		lastUs = packet.timeUs + offsetUs;
		return lastUs;
	};
};

/** `isClosed`: whoever gets a packet may close the replay. */
export const createReplayDelivery = (merged: MergedStream, sink: Pick<PacketSink, 'packet' | 'clockJumped'>, isClosed: () => boolean): ReplayDelivery => {
	let lastUs = NaN;
	const timeOf = createSteadyTime((place, timeUs, seconds, isStep) => {
		sink.clockJumped?.(place, timeUs, seconds, isStep);
	});
	/** Its time is known: it was asked for before it was due. */
	let isDated = false;
	const date = (packet: Packet): Packet => {
		if (!isDated) {
			packet.timeUs = timeOf(packet);
			isDated = true;
		}

		return packet;
	};

	const deliver: ReplayDelivery['deliver'] = limitUs => {
		const sliceEnd = performance.now() + sliceMs;
		for (let count = 1; ; count++) {
			const found = merged.next();
			if (found !== 'packet') {
				return found;
			}

			const packet = date(merged.packet());
			if (packet.timeUs > limitUs) {
				return 'later';
			}

			lastUs = packet.timeUs;
			sink.packet(packet);
			merged.take();
			isDated = false;
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
					return date(merged.packet());
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
		nextUs: () => date(merged.packet()).timeUs,
		lastUs: () => lastUs,
	};
};
