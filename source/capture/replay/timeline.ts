import {type CaptureClock} from '../clock.js';
import {turn} from '../slices.js';
import {type PacketSink} from '../source.js';
import {type ReplayDelivery} from './delivery.js';

/** Steers a replay that goes at a pace. */
export type ReplayControls = {
	pause(): void;
	resume(): void;
	setSpeed(speed: number): void;
	/** Delivers at once what lies before a later moment, and stands there as it stood before: paused or not. Resolves when there. */
	seek(timeUs: number): Promise<void>;
	readonly paused: boolean;
	/** Packet time per time, 1 is as it was, infinite as fast as possible. */
	readonly speed: number;
	/** Whether it is where it was told to go, at the start or by `seek`, or at the end. */
	readonly settled: boolean;
	whenSettled(): Promise<void>;
};

type ReplayTimeline = {
	readonly controls: ReplayControls;
	/** Delivers each packet when it is due, till the last one or `end`. First goes to `untilUs` at once and pauses there, where that is finite. */
	run(delivery: ReplayDelivery, sink: Pick<PacketSink, 'advance'>, untilUs: number): Promise<void>;
	/** Nothing is delivered any more, and nobody waits. */
	end(): void;
};

/** The longest time without `advance`. */
const tickMs = 50;

/** `opensLater`: it will be told to go to a moment by `run`, and is not settled before. */
export const createReplayTimeline = (clock: CaptureClock, initialSpeed: number, opensLater: boolean): ReplayTimeline => {
	let isOver = false;
	let paused = false;
	let speed = initialSpeed;
	// The timeline stood at `baseUs` when the clock stood at `anchorUs`.
	let baseUs = NaN;
	let anchorUs = 0;
	let lastPacketUs = (): number => NaN;
	let wake = (): void => undefined;
	/** Where to go, NaN when it is there, and what waits for the arrival. */
	let targetUs = opensLater ? Infinity : NaN;
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

	/** At full speed there is no pace: it is where the packets are. */
	const positionUs = (): number => {
		if (paused) {
			return baseUs;
		}

		return speed === Infinity ? lastPacketUs() : baseUs + ((clock.nowUs() - anchorUs) * speed);
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

	const controls: ReplayControls = {
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
		pause() {
			if (!paused) {
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
		async seek(timeUs) {
			if (!isOver) {
				targetUs = timeUs;
				wake();
				await whenSettled();
			}
		},
	};

	return {
		controls,
		async run(delivery, sink, untilUs) {
			lastPacketUs = delivery.lastUs;
			if (Number.isFinite(untilUs)) {
				await delivery.deliverUpTo(untilUs);
				if (!isOver) {
					sink.advance(untilUs);
					anchor(untilUs);
					paused = true;
					arrive();
				}
			}

			for (;;) {
				const packet = await delivery.head();
				if (!packet || isOver) {
					return;
				}

				if (Number.isNaN(baseUs)) {
					anchor(packet.timeUs);
				}

				if (!Number.isNaN(targetUs)) {
					const goalUs = targetUs;
					const isLater = await delivery.deliverUpTo(goalUs);
					if (!isLater) {
						return;
					}

					// It may stand further on already, where the jump before this one went.
					const standsUs = Math.max(goalUs, baseUs);
					sink.advance(standsUs);
					anchor(standsUs);
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
				const found = delivery.deliver(nowUs);
				if (isOver) {
					return;
				}

				if (found === 'later') {
					sink.advance(nowUs);
					const dueMs = (delivery.nextUs() - nowUs) / 1000 / speed;
					await rest(Math.min(tickMs, Math.max(1, Math.ceil(dueMs))));
				} else if (found === 'slice') {
					await turn();
				}
			}
		},
		end() {
			isOver = true;
			arrive();
			wake();
		},
	};
};
