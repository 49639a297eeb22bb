import {type CaptureClock} from '../capture/clock.js';
import {createReplayTimeline, type ReplayControls} from '../capture/replay/timeline.js';
import {turn} from '../capture/slices.js';
import {type PacketSink, type PacketSource, type SourceEnd} from '../capture/source.js';
import {complaintsOf, LogError, type Log} from './folder.js';
import {createLogItems, type LogItems} from './log-reader.js';
import {type Aside, type SegmentItem} from './segment.js';
import {createSlicedDelivery, type SlicedDelivery} from './sliced-delivery.js';

type LogSourceOptions = {
	readonly log: Log;
	/** What it is called. */
	readonly title: string;
	/** The segment to begin with; undefined for an empty log. */
	readonly first: number | undefined;
	/** Follows what is written, and never ends by itself. Asked again when nothing came for some seconds. */
	readonly isWritten: (() => Promise<boolean>) | undefined;
	/** Goes at a pace and can be steered, as a file on the screen; stands at `untilUs` first. */
	readonly isPaced: boolean;
	readonly speed: number;
	/** Nothing later is delivered, or not at once; infinite: all. */
	readonly untilUs: number;
	readonly clock: CaptureClock;
	/** What is neither a frame nor about places nor a beat. */
	onAside(timeUs: number, aside: Aside): void;
};

export type LogSource = PacketSource & {
	readonly controls?: ReplayControls;
	/** From the timeline of the log to the wall clock, in microseconds. */
	wallOffsetUs(): number;
	/** It is followed, and whoever writes it is alive. */
	isFollowing(): boolean;
};

/** How often is looked for more. */
const pollMs = 100;
/** A writer says something each second; after this long it is asked whether it lives. */
const silentMs = 3000;
/** What is delivered before the source counts as open: so the first picture shows the present. */
const openingMs = 400;

/** What a log holds, as packets, from one segment on. Throws and ends as any source. */
export const createLogSource = ({log, title, first, isWritten, isPaced, speed, untilUs, clock, onAside}: LogSourceOptions): LogSource => {
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<SourceEnd>();
	const timeline = isPaced ? createReplayTimeline(clock, speed, true) : undefined;
	const items: LogItems | undefined = first === undefined ? undefined : createLogItems(log, first);
	let isClosed = false;
	let isAlive = isWritten !== undefined;
	let wallOffsetUs = 0;
	let item: SegmentItem | undefined;
	let lastUs = NaN;
	let gone: string | undefined;

	/** The next item, kept until it is given. */
	const peek = (): SegmentItem | undefined => {
		if (!item && items) {
			try {
				const next = items.next();
				item = next === 'wait' ? undefined : next;
			} catch (error) {
				if (!(error instanceof LogError)) {
					throw error;
				}

				gone = error.message;
			}
		}

		return item;
	};

	const give = (to: PacketSink) => {
		const {kind, timeUs} = item!;
		lastUs = Math.max(timeUs, lastUs || 0);
		if (kind === 'packet') {
			to.packet((item as SegmentItem & {kind: 'packet'}).packet);
		} else if (kind === 'datagram') {
			to.datagram((item as SegmentItem & {kind: 'datagram'}).datagram);
		} else {
			const {aside} = item as SegmentItem & {kind: 'aside'};
			wallOffsetUs = aside.beat ?? wallOffsetUs;
			if (aside.places) {
				to.places(aside.places);
			}

			to.advance(timeUs);
			onAside(timeUs, aside);
		}

		item = undefined;
	};

	const finish = () => {
		if (!isClosed) {
			isClosed = true;
			items?.close();
			timeline?.end();
			resolveEnded({problems: complaintsOf(log, gone)});
		}
	};

	const deliveryTo = (to: PacketSink) => createSlicedDelivery({
		nextUs: () => peek()?.timeUs,
		give() {
			give(to);
		},
		lastUs: () => lastUs,
		isClosed: () => isClosed,
	});

	const follow = async (to: PacketSink, {deliver}: SlicedDelivery): Promise<void> => {
		let heardMs = performance.now();
		while (!isClosed && gone === undefined) {
			const before = lastUs;
			const found = deliver(untilUs);
			if (found === 'later') {
				to.advance(untilUs);
				return;
			}

			if (found === 'slice') {
				await turn();
				continue;
			}

			if (lastUs !== before) {
				heardMs = performance.now();
				isAlive = true;
			} else if (performance.now() - heardMs > silentMs) {
				heardMs = performance.now();
				isAlive = await isWritten!();
			}

			await new Promise<void>(resolve => {
				clock.after(pollMs, resolve);
			});
		}
	};

	const run = async (to: PacketSink, delivery: SlicedDelivery): Promise<void> => {
		if (timeline) {
			await timeline.run(delivery, to, Number.isFinite(untilUs) ? untilUs : (lastUs || 0));
		} else if (isWritten) {
			await follow(to, delivery);
		} else if (await delivery.deliverUpTo(untilUs) || Number.isFinite(untilUs)) {
			to.advance(untilUs);
		}
	};

	return {
		description: `log ${title}`,
		pace: isPaced ? 'paced' : 'packet',
		ended,
		ownAddresses: [],
		...(timeline && {controls: timeline.controls}),
		wallOffsetUs: () => wallOffsetUs,
		isFollowing: () => isAlive && !isClosed && gone === undefined,
		async start(to) {
			const delivery = deliveryTo(to);
			if (isWritten || (timeline && !Number.isFinite(untilUs))) {
				const untilMs = performance.now() + openingMs;
				while (delivery.deliver(untilUs) === 'slice' && (timeline || performance.now() < untilMs)) {
					await turn();
				}
			}

			void turn().then(async () => run(to, delivery)).finally(finish);
		},
		close: finish,
	};
};
