import {type CaptureClock} from '../clock.js';
import {turn} from '../slices.js';
import {type PacketSink, type PacketSource, type SourceEnd} from '../source.js';
import {secondUs} from '../../wire/second.js';
import {createReplayDelivery, passOver} from './delivery.js';
import {createReplayFiles, type ReplayFile} from './files.js';
import {timeOfMoment, type Moment} from './moment.js';
import {createReplayTimeline, type ReplayControls} from './timeline.js';

export type ReplayOptions = {
	readonly files: readonly ReplayFile[];
	readonly pace: 'packet' | 'paced' | 'stream';
	/** Of the pace 'paced', see `ReplayControls`; 1 by default. */
	readonly speed?: number;
	readonly until?: Moment;
	/** So many packets are read and not delivered, since what they say is known; none by default. */
	readonly known?: number | undefined;
	/** Words before a program that unpacks a file; none by default. */
	readonly through?: readonly string[] | undefined;
	readonly clock: CaptureClock;
	/** Nothing is opened before it resolves. */
	readonly released?: Promise<void> | undefined;
};

/** Of the pace 'paced' only it has controls; the others never stand still. */
export type ReplaySource = PacketSource & {
	readonly controls?: ReplayControls;
	/** See `ReplayFiles`. */
	progress(): number | undefined;
};

/** A file or pipe, or several merged by the time of their packets. */
export const createReplay = ({files, pace, speed = 1, until, known = 0, through = [], clock, released}: ReplayOptions): ReplaySource => {
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<SourceEnd>();
	const timeline = pace === 'paced' ? createReplayTimeline(clock, speed, until !== undefined) : undefined;
	let sink: PacketSink | undefined;
	let closed = false;
	let isPassing = known > 0;
	/** Why the moment that was asked for says less than it seems to. */
	const pastEnd: string[] = [];

	const opened = createReplayFiles(files, through, () => {
		sink?.places(opened.places());
	}, (place, timeUs, detail) => {
		if (!isPassing) {
			sink?.clockJumped?.(place, timeUs, detail);
		}
	});

	const finish = (): void => {
		closed = true;
		opened.close();
		timeline?.end();
		resolveEnded({problems: opened.problems, remarks: [...opened.remarks(), ...pastEnd]});
	};

	/** Reads as far as is needed to know what is to be done, and gives what does it. */
	const prepare = async (to: PacketSink): Promise<() => Promise<void>> => {
		const merged = await opened.open();
		await passOver(merged, known, () => closed);
		isPassing = false;
		const delivery = createReplayDelivery(merged, to, () => closed);
		let untilUs = Infinity;
		if (known > 0 && until?.kind === 'absolute') {
			untilUs = until.timeUs;
		} else if (until) {
			const first = await delivery.head();
			untilUs = timeOfMoment(until, first?.timeUs);
		}

		return async () => {
			if (timeline) {
				await timeline.run(delivery, to, untilUs);
				return;
			}

			const isBeforeEnd = await delivery.deliverUpTo(untilUs);
			if (Number.isFinite(untilUs) && !isBeforeEnd && !closed) {
				const beyondUs = untilUs - delivery.lastUs();
				pastEnd.push(`--at lies ${(beyondUs / secondUs).toFixed(1)} s past the last packet: nothing is known of what was sent in between`);
			}

			if (Number.isFinite(untilUs) && !closed) {
				to.advance(untilUs);
			}
		};
	};

	return {
		description: `${files.length === 1 ? 'file' : `${files.length} files`} ${opened.names.join(', ')}`,
		pace,
		ended,
		ownAddresses: [],
		progress: opened.progress,
		...(timeline && {controls: timeline.controls}),
		async start(to) {
			sink = to;
			sink.places(opened.places());
			let run: () => Promise<void>;
			try {
				await released;
				run = await prepare(to);
			} catch (error) {
				finish();
				throw error;
			}

			// The caller has its turn before the first packet arrives.
			void turn().then(run).finally(finish);
		},
		close: finish,
	};
};
