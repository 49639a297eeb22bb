import {unlinkSync} from 'node:fs';
import {type PacketSink, type Place} from '../capture/source.js';
import {wholeBlocks} from '../wire/encode-pcapng.js';
import {createRecordingBlocks, type RecordingChunk} from './recording-blocks.js';
import {isRotating, openRecordingFile, pruneRotated, recordingReason, rotatedName, type RecordingFile, type RecordingTask} from './recording-file.js';

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

/** Writes what is captured to files while it is captured. Nothing here blocks, throws, or grows without bound. */
export type Recorder = {
	/** Hands everything on, and keeps a copy of what is captured. */
	tee(sink: PacketSink): PacketSink;
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

type Steps = Generator<unknown, void, unknown>;

const runLater = async (steps: Steps): Promise<void> => {
	let next = steps.next();
	while (!next.done) {
		let value: unknown;
		try {
			value = await next.value;
		} catch (error) {
			next = steps.throw(error);
			continue;
		}

		next = steps.next(value);
	}
};

const runNow = (steps: Steps): void => {
	let next = steps.next();
	while (!next.done) {
		next = steps.next(next.value);
	}
};

export const createRecorder = (options: RecorderOptions): Recorder => {
	const {path, fileOctets, fileSeconds, files, waits, toWallUs, mayOpen = () => true, onChange} = options;
	const rotating = isRotating(options) && path !== '-';
	const blocks = createRecordingBlocks({
		application: options.application,
		chunkOctets: Math.min(chunkOctets, Math.max(4096, fileOctets / 4)),
		mostChunks,
		toWallUs,
	});
	let file: RecordingFile | undefined;
	let fileName = options.firstFile;
	let position = 0;
	/** Octets of the section header, which alone make no file. */
	let emptyOctets = 0;
	let fileFirstUs = 0;
	let serial = 0;
	let latestUs = 0;
	let state: RecordingStatus['state'] = 'up';
	let detail = '';
	let packets = 0;
	let octets = 0;
	let toldLost = 0;
	let wantsReopen = false;
	let running: Promise<void> | undefined;
	let nowMs = 0;
	let retryAtMs = 0;
	let statisticsAtMs = 0;
	let drops = 0;
	let toldDrops = 0;

	const status = (): RecordingStatus => ({file: fileName, state, detail, packets, octets, files: serial, lost: blocks.lost(), waiting: blocks.taken() - packets});

	const setState = (now: RecordingStatus['state'], why: string) => {
		if (state !== 'closed' && (now !== state || why !== detail)) {
			state = now;
			detail = why;
			onChange(status());
		}
	};

	const release = () => {
		file?.close();
		file = undefined;
	};

	// Writes all of `piece`. What a failing device took of it is cut back to whole blocks. `done` is told how far it came.
	function * writeAll(piece: Uint8Array, done: (count: number) => void): Steps {
		const target = file!;
		const start = position;
		let written = 0;
		const settle = (count: number) => {
			position = start + count;
			octets += count;
			done(count);
		};

		try {
			while (written < piece.length) {
				written += (yield target.write(piece.subarray(written), target.octets < 0 ? -1 : start + written)) as number;
			}

			settle(written);
		} catch (error) {
			if (target.octets < 0) {
				// The next reader of a pipe starts with a file of its own.
				release();
			} else {
				const whole = wholeBlocks(piece, written);
				target.truncate(start + whole);
				settle(whole);
			}

			throw error;
		}
	}

	function * finishFile(): Steps {
		if (file) {
			try {
				yield * writeAll(blocks.statistics(), () => undefined);
			} finally {
				release();
			}
		}
	}

	// The file starts with the interfaces that what is written next refers to.
	function * openFile(): Steps {
		if (serial > 0 && rotating) {
			fileName = rotatedName(path, toWallUs(latestUs), serial + 1);
		}

		if (rotating && Number.isFinite(files)) {
			pruneRotated(path, files - 1, fileName);
		}

		file = (yield openRecordingFile(fileName, waits)) as RecordingFile;
		position = Math.max(0, file.octets);
		fileFirstUs = 0;
		try {
			yield * writeAll(blocks.header(blocks.take()?.interfaces ?? blocks.interfaces()), () => undefined);
			emptyOctets = position;
			serial++;
		} catch (error) {
			if (file?.octets === 0) {
				unlinkSync(fileName);
			}

			release();

			throw error;
		}
	}

	const isFull = (chunk: RecordingChunk): boolean =>
		rotating && file !== undefined && position > emptyOctets && chunk.start === 0
		&& (position + chunk.end - chunk.start > fileOctets
			|| (fileFirstUs > 0 && chunk.firstUs > 0 && chunk.firstUs - fileFirstUs >= fileSeconds * 1_000_000));

	function * writeChunk(chunk: RecordingChunk): Steps {
		if (isFull(chunk)) {
			yield * finishFile();
		}

		if (!file) {
			yield * openFile();
		}

		fileFirstUs ||= chunk.firstUs;
		yield * writeAll(chunk.octets.subarray(chunk.start, chunk.end), written => {
			chunk.start += written;
		});
		packets += chunk.packets;
		blocks.release(chunk);
	}

	// Everything that waits, in its order.
	function * drain(): Steps {
		try {
			if (wantsReopen && state === 'failing') {
				// What cannot be written there goes to the new file, as a whole.
				release();
				const first = blocks.take();
				if (first) {
					first.start = 0;
				}

				yield * openFile();
				wantsReopen = false;
			}

			if (serial === 0) {
				yield * openFile();
			}

			for (let chunk = blocks.take(); chunk; chunk = blocks.take()) {
				yield * writeChunk(chunk);
			}

			if (wantsReopen) {
				yield * finishFile();
				yield * openFile();
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
		tee: sink => ({
			packet(packet) {
				blocks.packet(packet);
				remember(packet.timeUs);
				sink.packet(packet);
			},
			datagram(datagram) {
				blocks.datagram(datagram);
				remember(datagram.timeUs);
				sink.datagram(datagram);
			},
			advance: sink.advance,
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
						yield * finishFile();
					} catch (error) {
						setState('failing', recordingReason(error));
					}
				};

				await runLater(end());
			} else {
				release();
			}
		},
	};
};
