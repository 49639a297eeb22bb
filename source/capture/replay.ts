import {type Packet} from '../wire/packet.js';
import {type CaptureStream, createCaptureStream} from './capture-stream.js';
import {openChunks} from './chunks.js';
import {type CaptureClock} from './clock.js';
import {mergeStreams, type MergedStream} from './merge.js';
import {CaptureError, type PacketSink, type PacketSource, type Place, type SourceEnd} from './source.js';

/** Where a replay stops (text output) or opens (screen). */
export type Moment =
	| {readonly kind: 'absolute'; readonly timeUs: number}
	/** Seconds after the first packet. */
	| {readonly kind: 'relative'; readonly seconds: number};

export type ReplayFile = {
	/** Names the segment; by default the file's own name. */
	readonly name?: string;
	/** '-' is stdin. */
	readonly path: string;
};

export type ReplayOptions = {
	readonly files: readonly ReplayFile[];
	readonly pace: 'packet' | 'paced' | 'stream';
	/** Of the pace 'paced': packet time per time, 1 is as it was, infinite as fast as possible. */
	readonly speed?: number;
	readonly until?: Moment;
	readonly clock: CaptureClock;
	/** Nothing is opened before it resolves. */
	readonly released?: Promise<void> | undefined;
};

/** Of the pace 'paced' only; the others never stand still. */
export type ReplayControls = {
	pause(): void;
	resume(): void;
	setSpeed(speed: number): void;
	/** Delivers at once what lies before a later moment, and stands there as it stood before: paused or not. Resolves when there. */
	seek(timeUs: number): Promise<void>;
	readonly paused: boolean;
	readonly speed: number;
	/** Whether it is where it was told to go, by `until` or `seek`, or at the end. */
	readonly settled: boolean;
	whenSettled(): Promise<void>;
};

export type ReplaySource = PacketSource & ReplayControls;

/** A slice of work after which the event loop has its turn. */
const sliceMs = 15;
/** Packets between two looks at the clock. */
const sliceStep = 64;
/** The longest time without `advance` on a paced timeline. */
const tickMs = 50;

const fullSight = {sync: true, vrrp: true, arp: true, groupReports: true};

/** Given names as they are; else names of files, with their folders where two would be called the same. */
const namesOf = (files: readonly ReplayFile[]): string[] => {
	const short = files.map(({name, path}) => name ?? (path === '-' ? 'stdin' : path.slice(path.lastIndexOf('/') + 1)));
	return files.map(({name, path}, index) =>
		name === undefined && short.indexOf(short[index]!) !== short.lastIndexOf(short[index]!) ? path : short[index]!);
};

const turn = async (): Promise<void> => new Promise(resolve => {
	setImmediate(resolve);
});

const formatTime = (timeUs: number): string => {
	const date = new Date(timeUs / 1000);
	return Number.isNaN(date.getTime()) ? `${timeUs} µs` : date.toISOString();
};

/** A file or pipe, or several merged by the time of their packets. */
export const createReplay = (options: ReplayOptions): ReplaySource => {
	const {files, pace, until, clock} = options;
	const names = namesOf(files);
	const places: Place[] = files.map((file, index) => ({
		name: names[index]!,
		state: 'opening',
		detail: '',
		drops: 0,
		sight: fullSight,
		kind: file.path === '-' ? 'stdin' : 'file',
		address: '',
	}));
	const problems: string[] = [];
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<SourceEnd>();

	let streams: CaptureStream[] = [];
	let sink: PacketSink | undefined;
	let closed = false;
	let paused = false;
	let speed = options.speed ?? 1;
	// The paced timeline stood at `baseUs` when the clock stood at `anchorUs`.
	let baseUs = NaN;
	let anchorUs = 0;
	let lastPacketUs = NaN;
	let wake = (): void => undefined;
	/** Where to go, and what waits for the arrival. */
	let targetUs = pace === 'paced' && until ? Infinity : NaN;
	let arrivals: Array<() => void> = [];

	const arrive = (): void => {
		targetUs = NaN;
		for (const resolve of arrivals) {
			resolve();
		}

		arrivals = [];
	};

	const whenSettled = async (): Promise<void> => new Promise(resolve => {
		if (Number.isNaN(targetUs)) {
			resolve();
		} else {
			arrivals.push(resolve);
		}
	});

	const setPlace = (index: number, state: Place['state'], detail: string): void => {
		places[index] = {...places[index]!, state, detail};
		sink?.places([...places]);
	};

	const endStream = (index: number): void => {
		const {problem} = streams[index]!;
		if (problem) {
			problems.push(`${names[index]} ${problem.problem}`);
		}

		setPlace(index, problem?.kind === 'failed' ? 'failed' : 'ended', problem?.problem ?? '');
	};

	const finish = (): void => {
		for (const stream of streams) {
			stream.close();
		}

		closed = true;
		arrive();
		wake();
		resolveEnded({problems});
	};

	/** Opens all files and makes sure that each is a capture. */
	const open = async (): Promise<void> => {
		for (const [index, file] of files.entries()) {
			const stream = createCaptureStream(await openChunks(file.path), index);
			streams.push(stream);
			await stream.identify();
			if (stream.problem?.kind === 'alien' || stream.problem?.kind === 'failed') {
				throw new CaptureError(`Cannot read ${file.path === '-' ? 'stdin' : file.path}: ${stream.problem.problem}. Give a capture file made by tcpdump or dumpcap (pcap or pcapng, also gzip).`, 2);
			}

			setPlace(index, 'up', '');
		}
	};

	/** The next packet, waiting for it; undefined at the end. Not the fast path. */
	const head = async (merged: MergedStream): Promise<Packet | undefined> => {
		for (;;) {
			const found = merged.next();
			if (found === 'packet') {
				return merged.packet();
			}

			if (found === 'end' || closed) {
				return undefined;
			}

			await merged.more();
		}
	};

	/** The moment of `until` in microseconds; infinite without one. */
	const resolveUntil = async (merged: MergedStream): Promise<number> => {
		if (!until) {
			return Infinity;
		}

		const first = await head(merged);
		if (!first) {
			throw new CaptureError('There is no moment to go to: the capture holds no packets. Leave out --at.', 2);
		}

		const untilUs = until.kind === 'absolute' ? until.timeUs : first.timeUs + Math.round(until.seconds * 1e6);
		if (untilUs < first.timeUs) {
			throw new CaptureError(`Nothing is known at ${formatTime(untilUs)}: the first packet is of ${formatTime(first.timeUs)}. Give a later --at, or +SECONDS from the first packet.`, 2);
		}

		return untilUs;
	};

	/** Delivers the packets up to `limitUs` at once. 'wait': more octets are needed; 'later': the next packet is; 'slice': the loop wants its turn. */
	const deliver = (merged: MergedStream, limitUs: number): 'wait' | 'later' | 'end' | 'slice' => {
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

			lastPacketUs = packet.timeUs;
			sink!.packet(packet);
			merged.take();
			if (closed) {
				return 'end';
			}

			if (count % sliceStep === 0 && performance.now() > sliceEnd) {
				return 'slice';
			}
		}
	};

	/** Delivers all packets up to `limitUs`, in slices. True: there are later ones. */
	const deliverUpTo = async (merged: MergedStream, limitUs: number): Promise<boolean> => {
		for (;;) {
			const found = deliver(merged, limitUs);
			if (closed || found === 'end' || found === 'later') {
				return found === 'later';
			}

			await (found === 'wait' ? merged.more() : turn());
		}
	};

	/** Where the paced timeline is. At full speed it has no pace: it is where the packets are. */
	const positionUs = (): number => {
		if (paused) {
			return baseUs;
		}

		return speed === Infinity ? lastPacketUs : baseUs + ((clock.nowUs() - anchorUs) * speed);
	};

	const anchor = (timeUs: number): void => {
		baseUs = timeUs;
		anchorUs = clock.nowUs();
	};

	/** Waits for a delay or for a change of pause, speed or end, whichever is first. */
	const rest = async (delayMs: number): Promise<void> => {
		const {promise, resolve} = Promise.withResolvers<void>();
		const cancel = Number.isFinite(delayMs) ? clock.after(delayMs, resolve) : undefined;
		wake = resolve;
		await promise;
		cancel?.();
	};

	const runPaced = async (merged: MergedStream): Promise<void> => {
		for (;;) {
			const packet = await head(merged);
			if (!packet || closed) {
				return;
			}

			if (Number.isNaN(baseUs)) {
				anchor(packet.timeUs);
			}

			if (!Number.isNaN(targetUs)) {
				const goalUs = targetUs;
				const isLater = await deliverUpTo(merged, goalUs);
				if (!isLater) {
					return;
				}

				sink!.advance(goalUs);
				anchor(goalUs);
				if (targetUs === goalUs) {
					arrive();
				}

				continue;
			}

			if (paused) {
				await rest(Infinity);
				continue;
			}

			const nowUs = speed === Infinity ? speed : positionUs();
			const found = deliver(merged, nowUs);
			if (closed) {
				return;
			}

			if (found === 'later') {
				sink!.advance(nowUs);
				const dueMs = (merged.packet().timeUs - nowUs) / 1000 / speed;
				await rest(Math.min(tickMs, Math.max(1, Math.ceil(dueMs))));
			} else if (found === 'slice') {
				await turn();
			}
		}
	};

	const run = async (merged: MergedStream, untilUs: number): Promise<void> => {
		if (pace === 'paced') {
			if (Number.isFinite(untilUs)) {
				await deliverUpTo(merged, untilUs);
				if (!closed) {
					sink!.advance(untilUs);
					anchor(untilUs);
					paused = true;
					arrive();
				}
			}

			await runPaced(merged);
			return;
		}

		await deliverUpTo(merged, untilUs);
		if (Number.isFinite(untilUs) && !closed) {
			sink!.advance(untilUs);
		}
	};

	return {
		description: `${files.length === 1 ? 'file' : `${files.length} files`} ${names.join(', ')}`,
		pace,
		ended,
		ownAddresses: [],
		get paused() {
			return paused;
		},
		get speed() {
			return speed;
		},
		get settled() {
			return Number.isNaN(targetUs);
		},
		whenSettled,
		async seek(timeUs) {
			if (closed || pace !== 'paced') {
				return;
			}

			targetUs = timeUs;
			wake();
			await whenSettled();
		},
		async start(to) {
			sink = to;
			sink.places([...places]);
			let merged: MergedStream;
			let untilUs: number;
			try {
				await options.released;
				await open();
				merged = mergeStreams(streams, endStream);
				untilUs = await resolveUntil(merged);
			} catch (error) {
				finish();
				throw error;
			}

			// The caller has its turn before the first packet arrives.
			void turn().then(async () => run(merged, untilUs)).finally(finish);
		},
		close() {
			finish();
			streams = [];
		},
		pause() {
			if (!paused && pace === 'paced') {
				anchor(positionUs());
				paused = true;
				wake();
			}
		},
		resume() {
			if (paused) {
				paused = false;
				anchorUs = clock.nowUs();
				wake();
			}
		},
		setSpeed(value) {
			anchor(positionUs());
			speed = value;
			wake();
		},
	};
};
