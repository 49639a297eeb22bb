import {Buffer} from 'node:buffer';
import {crc32} from 'node:zlib';
import {CheckpointError} from '../../source/checkpoint/shape.js';
import {restoreEngine, saveEngine} from '../../source/engine/checkpoint/checkpoint.js';
import {createTableMemory, type TableMemory} from '../../source/table/memory.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {createTestEngine, testEngineOptions, testTableSizes} from '../support/replay-engine.js';
import {readCapture} from '../wire/read-capture.js';
import {bendOctets} from './bend-octets.js';
import {smallerOctets} from './minimise.js';
import {must, type Target} from './target.js';

const headAt = 32;
const trailerOctets = 8;

/** Makes the sums right again, as somebody would who means harm. */
const mend = (given: Uint8Array): Uint8Array => {
	const octets = Buffer.from(given);
	const head = octets.length < headAt + trailerOctets ? 0 : headAt + (Math.ceil(octets.readUInt32LE(16) / 8) * 8);
	if (head === 0 || head > octets.length - trailerOctets) {
		return octets;
	}

	octets.writeUInt32LE(crc32(octets.subarray(headAt, head), crc32(octets.subarray(0, 28))), 28);
	octets.writeUInt32LE(crc32(octets.subarray(head, -trailerOctets)), octets.length - trailerOctets);
	return octets;
};

const saved = (capture: string, packets: number): Uint8Array => {
	const {engine} = createTestEngine();
	for (const packet of readCapture(capture).slice(0, packets)) {
		engine.sink.packet({...packet});
	}

	return saveEngine(engine);
};

/** Checkpoints with right sums: refused by name, or of a table that counts what it has, goes on, and can be saved again. */
export const createCheckpointTarget = (): Target<Uint8Array> => {
	const packets = readCapture('persistence.pcap').slice(60, 90);
	let memory: TableMemory | undefined;
	return {
		name: 'checkpoint',
		covers: /\/source\/(?:checkpoint|engine\/checkpoint)\/[^\/]*\.ts/v,
		batch: 16,
		memoryLimit: 128 * 2 ** 20,
		seeds: () => [saved('persistence.pcap', 60), saved('failover-kill9.pcap', 80), saved('v0.pcap', 0)],
		mutate(octets, other, random) {
			const bent = octets.slice();
			const head = headAt + (Math.ceil(Buffer.from(bent.buffer, bent.byteOffset, bent.length).readUInt32LE(16) / 8) * 8);
			// Digits of the head stay such: else it is no JSON, and nothing behind it is looked at.
			if (head < bent.length && random.below(2) === 0) {
				for (let bends = 1 + random.below(3); bends > 0; bends--) {
					let at = headAt + random.below(head - headAt);
					while (at < head && (bent[at]! < 0x30 || bent[at]! > 0x39)) {
						at++;
					}

					bent[Math.min(at, head - 1)] = 0x30 + random.below(10);
				}

				return mend(bent);
			}

			return random.below(8) === 0 ? bendOctets(octets, other, random) : mend(bendOctets(octets, other, random));
		},
		run(octets, feature) {
			let engine: ReturnType<typeof restoreEngine>;
			memory ??= createTableMemory(testTableSizes);
			const view = createTableView(memory);
			try {
				engine = restoreEngine(octets, {...testEngineOptions, memory});
			} catch (error) {
				if (!(error instanceof CheckpointError)) {
					throw error;
				}

				must(error.message.length > 0 && error.message.length < 300, 'a refusal that is not said in a line');
				feature(error.message.replaceAll(/\d+|"[^"]*"/gv, '').length);
				return;
			}

			// What was restored fills the memory: the next one gets its own.
			memory = undefined;
			for (const packet of packets) {
				engine.sink.packet({...packet, timeUs: Math.max(packet.timeUs, engine.state.nowUs)});
			}

			engine.settle();
			const {connections, templates} = view.totals();
			let rows = 0;
			view.each((_words, _at, slot) => {
				must(view.row(slot) !== undefined, 'a session that is held and cannot be shown');
				rows++;
			});
			must(rows === connections + templates, () => `${connections + templates} sessions are counted, and ${rows} there`);
			engine.failover();
			saveEngine(engine);
			feature(1_000_000 + Math.min(100, rows));
		},
		shrink: smallerOctets,
		encode: octets => ({octets, extension: 'checkpoint'}),
		decode: octets => octets,
	};
};
