import {type PacketSink, type Place} from '../capture/source.js';
import {type Packet} from '../wire/packet.js';
import {createRecordingBlocks} from './blocks.js';
import {recordingReason, type RecordingTask} from './file.js';
import {createRecordingFiles} from './files.js';
import {runLater, runNow, type Steps} from './steps.js';

/** How a recording fares. */
export type RecordingStatus = {
	/** The file that is written now; `-` is stdout. */
	readonly file: string;
	/** `failing`: it cannot be written now, and is tried again each second. `closed`: its reader went away. */
	readonly state: 'up' | 'failing' | 'closed';
	/** Why, '' when it can be written. */
	readonly detail: string;
	/** Written so far, over all files. */
	readonly packets: number;
	readonly octets: number;
	readonly files: number;
	/** Packets that are in no file: there was no room to keep them until they could be written. */
	readonly lost: number;
	/** Packets that are kept until they can be written. */
	readonly waiting: number;
};

/** Which frames are kept, asked when the sink has taken the frame. */
type RecordingChoice = {
	/** The frame, with others that belong before it, or none. */
	chosen(packet: Packet): readonly Packet[];
	isChosen(): boolean;
};

/** Writes what is captured to files while it is captured. Nothing here blocks, throws, or grows without bound. */
type Recorder = {
	/** Hands everything on, and keeps a copy of what is captured; where a filter chooses, of what the sink lets it choose. */
	tee(sink: PacketSink, choice?: RecordingChoice): PacketSink;
	note(timeUs: number, text: string): void;
	/** Goes on in a new file, or in a file of the same name where that was moved away. */
	reopen(): void;
	/** Writes what has gathered; to be called several times a second. `nowMs`: of a clock that never goes back. */
	tick(nowMs: number): void;
	status(): RecordingStatus;
	/** Writes all that is left. */
	close(): Promise<void>;
};

export type RecorderOptions = RecordingTask & {
	readonly toWallUs: (timeUs: number) => number;
	/** Whether the rights of a user who called sudo are all that is left; before, what is captured is kept. Yes by default. */
	readonly mayOpen?: () => boolean;
	/** It began to fail, works again, or lost packets. */
	readonly onChange: (status: RecordingStatus) => void;
};

const chunkOctets = 262_144;
/** 32 MiB: some seconds of a busy pair of directors. */
const mostChunks = 128;
const retryMs = 1000;
/** Time between two counts of what was dropped on the interfaces, in the file. */
const statisticsMs = 10_000;

export const createRecorder = (options: RecorderOptions): Recorder => {
	const {path, waits, toWallUs, mayOpen = () => true, onChange} = options;
	const blocks = createRecordingBlocks({
		application: options.application,
		chunkOctets: Math.min(chunkOctets, Math.max(4096, options.fileOctets / 4)),
		mostChunks,
		toWallUs,
	});
	let latestUs = 0;
	const files = createRecordingFiles({task: options, blocks, latestWallUs: () => toWallUs(latestUs)});
	let state: RecordingStatus['state'] = 'up';
	let detail = '';
	let toldLost = 0;
	let wantsReopen = false;
	let running: Promise<void> | undefined;
	let nowMs = 0;
	let retryAtMs = 0;
	let statisticsAtMs = 0;
	let drops = 0;
	let toldDrops = 0;

	const status = (): RecordingStatus => ({file: files.name(), state, detail, ...files.written, lost: blocks.lost(), waiting: blocks.taken() - files.written.packets});

	const setState = (now: RecordingStatus['state'], why: string) => {
		if (state !== 'closed' && (now !== state || why !== detail)) {
			state = now;
			detail = why;
			onChange(status());
		}
	};

	// Everything that waits, in its order.
	function * drain(): Steps {
		try {
			if (wantsReopen && state === 'failing') {
				// What cannot be written there goes to the new file, as a whole.
				files.release();
				const first = blocks.take();
				if (first) {
					first.start = 0;
				}

				yield * files.open();
				wantsReopen = false;
			}

			if (files.written.files === 0) {
				yield * files.open();
			}

			for (let chunk = blocks.take(); chunk; chunk = blocks.take()) {
				yield * files.write(chunk);
			}

			if (wantsReopen) {
				yield * files.finish();
				yield * files.open();
				wantsReopen = false;
			}

			setState('up', '');
		} catch (error) {
			retryAtMs = nowMs + retryMs;
			setState(path === '-' && (error as NodeJS.ErrnoException).code === 'EPIPE' ? 'closed' : 'failing', recordingReason(error));
		}
	}

	const write = () => {
		if (running || !mayOpen() || state === 'closed' || (state === 'failing' && nowMs < retryAtMs)) {
			return;
		}

		if (waits) {
			runNow(drain());
			return;
		}

		running = runLater(drain()).finally(() => {
			running = undefined;
		});
	};

	const remember = (timeUs: number) => {
		latestUs = Math.max(latestUs, timeUs);
		// A full chunk is written at once rather than at the next tick.
		if (blocks.waiting() > 0 && state === 'up') {
			write();
		}
	};

	const places = (now: readonly Place[]) => {
		blocks.places(now);
		drops = now.reduce((sum, place) => sum + place.drops, 0);
	};

	return {
		tee: (sink, choice) => ({
			packet(packet) {
				if (choice) {
					sink.packet(packet);
					for (const one of choice.chosen(packet)) {
						blocks.packet(one);
					}

					remember(packet.timeUs);
					return;
				}

				blocks.packet(packet);
				remember(packet.timeUs);
				sink.packet(packet);
			},
			datagram(datagram) {
				if (choice) {
					sink.datagram(datagram);
				}

				if (!choice || choice.isChosen()) {
					blocks.datagram(datagram);
				}

				remember(datagram.timeUs);
				if (!choice) {
					sink.datagram(datagram);
				}
			},
			advance: sink.advance,
			...(sink.clockJumped && {clockJumped: sink.clockJumped}),
			remarked(timeUs, text) {
				blocks.note(timeUs, text);
				sink.remarked?.(timeUs, text);
			},
			places(now) {
				places(now);
				sink.places(now);
			},
		}),
		note: blocks.note,
		reopen() {
			wantsReopen = true;
			retryAtMs = 0;
			write();
		},
		tick(now) {
			nowMs = now;
			if (drops !== toldDrops && nowMs >= statisticsAtMs) {
				statisticsAtMs = nowMs + statisticsMs;
				toldDrops = drops;
				blocks.count();
			}

			if (blocks.lost() !== toldLost) {
				toldLost = blocks.lost();
				onChange(status());
			}

			write();
		},
		status,
		async close() {
			await running;
			retryAtMs = 0;
			write();
			await running;
			if (state === 'up' && mayOpen()) {
				const end = function * (): Steps {
					try {
						yield * files.finish();
					} catch (error) {
						setState('failing', recordingReason(error));
					}
				};

				await runLater(end());
			} else {
				files.release();
			}
		},
	};
};
