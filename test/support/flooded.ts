import {createCaptureStream} from '../../source/capture/replay/capture-stream.js';
import {type Chunks} from '../../source/capture/replay/chunk-source.js';
import {type EngineOptions} from '../../source/engine/engine.js';
import {createChangeReader} from '../../source/table/changes.js';
import {floodFile, type FloodOptions} from './flood.js';
import {createTestEngine, type TestEngine} from './replay-engine.js';

/** An event of the stream of changes, under its names. */
export type HeardEvent = Readonly<Record<string, unknown>> & {readonly event: string; readonly timeUs: number};

export type Flooded = TestEngine & {
	/** All that was told beside changes of sessions, names left out. */
	readonly events: readonly HeardEvent[];
	/** Hands over pieces of a capture file of their own. */
	give(pieces: Iterable<Uint8Array>): Promise<void>;
};

const place = {name: 'eth1', state: 'up', detail: '', drops: 0, sight: {sync: true, vrrp: true, arp: true, groupReports: true}, kind: 'libpcap', address: ''} as const;

const chunksOf = (pieces: Iterable<Uint8Array>): Chunks => {
	const iterator = pieces[Symbol.iterator]();
	return {
		async read() {
			const {value, done} = iterator.next();
			return done ? undefined : value as Uint8Array;
		},
		close() {},
	};
};

/** An engine in this thread that heard such a flood. */
export const flooded = async (flood: FloodOptions, options: Partial<EngineOptions> = {}): Promise<Flooded> => {
	const test = createTestEngine(options);
	const reader = createChangeReader(test.memory);
	const events: HeardEvent[] = [];
	const {sink} = test.engine;
	sink.places([place]);
	const drain = () => {
		while (reader.read(change => {
			const fields = change.type === 'aside' && change.json !== undefined ? JSON.parse(change.json) as HeardEvent : undefined;
			if (fields && !fields.event.startsWith('@')) {
				events.push({...fields, timeUs: change.timeUs});
			}
		}) > 0) {
			// Until nothing is left.
		}
	};

	const give = async (pieces: Iterable<Uint8Array>) => {
		const stream = createCaptureStream(chunksOf(pieces), 0);
		for (let count = 0; ; count++) {
			const found = stream.next();
			if (found === 'packet') {
				sink.packet(stream.packet);
			} else if (found === 'wait') {
				drain();
				await stream.more();
			} else {
				break;
			}
		}

		drain();
	};

	await give(floodFile(flood));
	return {...test, events, give};
};
