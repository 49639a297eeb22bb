import {openSource} from '../../source/capture/open-source.js';
import {type PacketSink} from '../../source/capture/source.js';
import {createEngine, type Engine, type EngineOptions} from '../../source/engine/engine.js';
import {createTableMemory, type TableMemory} from '../../source/table/memory.js';
import {createTableView, type TableView} from '../../source/table/read/table-view.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {type Packet} from '../../source/wire/packet.js';

/** An engine in this thread with a small table of its own. */
export type TestEngine = {readonly engine: Engine; readonly view: TableView; readonly memory: TableMemory};

export const testTableSizes = {maxSessions: 20_000, changeCapacity: 65_536, departedCapacity: 1024, maxPaths: 1023, maxServices: 255, maxPe: 4095} as const;

export const testEngineOptions: Omit<EngineOptions, 'table'> = {
	dissector: {}, applyRecords: true, records: undefined, syncids: [], from: [], groups: [], ownAddresses: () => [],
};

export const createTestEngine = (options: Partial<EngineOptions> = {}): TestEngine => {
	const memory = createTableMemory(testTableSizes);
	const engine = createEngine({...testEngineOptions, table: createTableWriter(memory, {seed: 1}), ...options});
	return {engine, view: createTableView(memory), memory};
};

/** Hands a capture file to a sink, but for its first `known` packets. */
export const replayInto = async (sink: PacketSink, path: string, known = 0): Promise<void> => {
	const source = openSource({
		read: [{path}], via: [], join: false, interfaces: [], passive: false, groups: [], ports: [], speed: Infinity, screen: false, known,
	});
	await source.start(sink);
	await source.ended;
};

/**
Replays a capture in one pass and calls back at each moment (microseconds, ascending), when all packets up to it are applied
and the clock stands at it. Moments after the last packet count too.
*/
export const replayWithStops = async (path: string, momentsUs: readonly number[], stop: (momentUs: number, at: TestEngine) => void): Promise<TestEngine> => {
	const test = createTestEngine();
	const {sink} = test.engine;
	let next = 0;
	const passUntil = (timeUs: number) => {
		for (; next < momentsUs.length && momentsUs[next]! < timeUs; next++) {
			sink.advance(momentsUs[next]!);
			stop(momentsUs[next]!, test);
		}
	};

	await replayInto({
		...sink,
		packet(packet) {
			passUntil(packet.timeUs);
			sink.packet(packet);
		},
	}, path);
	passUntil(Infinity);
	return test;
};

/** The packets of a capture, copied. */
export const packetsOf = async (file: string): Promise<Packet[]> => {
	const packets: Packet[] = [];
	await replayInto({
		packet({view, offset, length, ...rest}) {
			const octets = new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
			packets.push({...rest, view: new DataView(octets.buffer), offset: 0, length});
		},
		datagram() {},
		advance() {},
		places() {},
	}, file);
	return packets;
};
