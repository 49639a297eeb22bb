import {readFileSync} from 'node:fs';
import {createCaptureClock} from '../../source/capture/clock.js';
import {createReplay} from '../../source/capture/replay/replay.js';
import {type PacketSink} from '../../source/capture/source.js';
import {createEngine} from '../../source/engine/engine.js';
import {controlAt, createTableMemory, type TableMemory, type TableSizes} from '../../source/table/memory.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {createSavefileReader} from '../../source/savefile/savefile.js';

/** From packets to the table, by the code of the program. */
export type Pipeline = {
	readonly memory: TableMemory;
	readonly sink: PacketSink;
	/** Records decoded so far. */
	records(): number;
	/** Connections in the table. */
	sessions(): number;
};

export const createPipeline = (sizes: Partial<TableSizes> = {}): Pipeline => {
	const memory = createTableMemory(sizes);
	const control = new Int32Array(memory.control);
	const {sink, tally} = createEngine({
		dissector: {},
		table: createTableWriter(memory, {seed: 1}),
		applyRecords: true,
		records: undefined,
		syncids: [],
		from: [],
		groups: [],
		ownAddresses: () => [],
	});

	return {
		memory,
		sink,
		records: () => tally.records,
		sessions: () => control[controlAt.connections]!,
	};
};

/** Streams a capture file through the pipeline as fast as possible. */
export const replayFile = async (path: string, {sink}: Pipeline): Promise<void> => {
	const replay = createReplay({files: [{path}], pace: 'packet', clock: createCaptureClock()});
	await replay.start(sink);
	const {problems} = await replay.ended;
	if (problems.length > 0) {
		throw new Error(problems.join('; '));
	}
};

/** The same for a file that is in memory already, so that reading it is not measured. */
export const readWhole = (path: string): ((pipeline: Pipeline) => void) => {
	const octets = readFileSync(path);
	return ({sink}) => {
		const reader = createSavefileReader();
		reader.push(octets);
		reader.end();
		for (;;) {
			const found = reader.next();
			if (found === 'end') {
				return;
			}

			if (found !== 'packet') {
				throw new Error(`The capture cannot be read: ${JSON.stringify(found)}`);
			}

			sink.packet(reader.packet);
		}
	};
};
