import {mergeStreams, type MergedStream} from '../merge.js';
import {CaptureError, fullSight, type PacketSink, type Place} from '../source.js';
import {createCaptureStream} from './capture-stream.js';
import {steadied, type SteadyStream} from './steady-time.js';
import {openChunks} from './chunks.js';
import {type Progress} from './chunk-source.js';

export type ReplayFile = {
	/** Names the segment; by default the file's own name. */
	readonly name?: string;
	/** '-' is stdin. */
	readonly path: string;
};

/** The files of a replay as places where packets are heard, and their packets as one stream. */
export type ReplayFiles = {
	readonly names: readonly string[];
	readonly places: () => Place[];
	/** Why files ended where they ended, when that is not their natural end. */
	readonly problems: readonly string[];
	/** What is odd about their times. */
	readonly remarks: () => readonly string[];
	/** The share of all octets that was read, 0 to 1; undefined where there is no telling, as of a pipe. */
	progress(): number | undefined;
	/** Opens all files and makes sure that each is a capture. Rejects with a `CaptureError`. */
	open(): Promise<MergedStream>;
	close(): void;
};

/** Given names as they are; else names of files, with their folders where two would be called the same. */
const namesOf = (files: readonly ReplayFile[]): string[] => {
	const short = files.map(({name, path}) => name ?? (path === '-' ? 'stdin' : path.slice(path.lastIndexOf('/') + 1)));
	return files.map(({name, path}, index) =>
		name === undefined && short.indexOf(short[index]!) !== short.lastIndexOf(short[index]!) ? path : short[index]!);
};

/** `through`: words before a program that unpacks one. `onPlaces` is called whenever one of the places changed, `onClock` when the clock of one was set. */
export const createReplayFiles = (files: readonly ReplayFile[], through: readonly string[], onPlaces: () => void, onClock: NonNullable<PacketSink['clockJumped']>): ReplayFiles => {
	const names = namesOf(files);
	const places: Place[] = files.map(({path}, index) => ({
		name: names[index]!,
		state: 'opening',
		detail: '',
		drops: 0,
		sight: fullSight,
		kind: path === '-' ? 'stdin' : 'file',
		address: '',
	}));
	const problems: string[] = [];
	const streams: SteadyStream[] = [];
	const progresses: Array<(() => Progress) | undefined> = [];

	const setPlace = (index: number, state: Place['state'], detail: string): void => {
		places[index] = {...places[index]!, state, detail};
		onPlaces();
	};

	const endStream = (index: number): void => {
		const {problem} = streams[index]!;
		if (problem) {
			problems.push(`${names[index]} ${problem.problem}. All before that was read.`);
		}

		setPlace(index, problem?.kind === 'failed' ? 'failed' : 'ended', problem?.problem ?? '');
	};

	return {
		names,
		places: () => [...places],
		problems,
		remarks: () => streams.flatMap(({remarks}, index) => remarks.map(remark => `${names[index]}: ${remark}`)),
		progress() {
			let read = 0;
			let size = 0;
			for (const progress of progresses) {
				if (!progress) {
					return undefined;
				}

				const one = progress();
				read += one.read;
				size += one.size;
			}

			return size > 0 ? Math.min(1, read / size) : undefined;
		},
		async open() {
			for (const [index, {path}] of files.entries()) {
				const chunks = await openChunks(path, through);
				progresses.push(chunks.progress);
				const stream = steadied(createCaptureStream(chunks, index), (timeUs, text) => {
					onClock(index, timeUs, text);
				});
				streams.push(stream);
				await stream.identify();
				if (stream.problem?.kind === 'alien' || stream.problem?.kind === 'failed') {
					throw new CaptureError(`Cannot read ${path === '-' ? 'stdin' : path}: ${stream.problem.problem}. Give a capture file made by tcpdump or dumpcap (pcap or pcapng, also compressed).`, 2);
				}

				setPlace(index, 'up', '');
			}

			return mergeStreams(streams, endStream);
		},
		close() {
			for (const stream of streams) {
				stream.close();
			}
		},
	};
};
