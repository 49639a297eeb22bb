/*
Bent packets, decoded and applied to a table, beside the model of it, a Map and plain objects: both must hold the same sessions and tell the
same story. It is made for numbers, not for depth: bends know where the records lie, and nothing is guided.

	npm run fuzz:reference -- --packets 1e8
	npm run fuzz:reference -- --seed 1234 --packets 16384
*/
import process from 'node:process';
import {isDeepStrictEqual, parseArgs} from 'node:util';
import {randomInt} from 'node:crypto';
import {createRandom, type Random} from '../../source/demo/random.js';
import {createChangeReader} from '../../source/table/changes.js';
import {createTableMemory} from '../../source/table/memory.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {type TableMessage} from '../../source/table/write/table-message.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {createDissector} from '../../source/wire/dissect.js';
import {type Datagram} from '../../source/wire/packet.js';
import {recordAt, recordWords, type RecordBatch} from '../../source/wire/sync/record-batch.js';
import {entryOf, peText, storyOf} from '../table/compare-model.js';
import {createModel, type ModelEntry} from '../table/model.js';
import {startUs, type SampleRecord} from '../table/support.js';
import {ethernet, ipv4, ipv6, messageV0, messageV1, packetOf, recordV0, recordV1, udp} from '../wire/build.js';
import {must} from './target.js';

/** Both begin anew after so many packets, with a seed that says all that comes. */
export const blockPackets = 16_384;
const comparedEach = 4096;

/** Room for all that a block of packets can name, so that nothing is evicted or refused for want of room. */
const sizes = {maxSessions: 120_000, changeCapacity: 2 ** 19, departedCapacity: 16, maxPaths: 120_000, maxServices: 120_000, maxPe: 40_000};

const sip = (id: string): Uint8Array[] => [Uint8Array.of(2, id.length, ...Buffer.from(id)), Uint8Array.of(3, 3, 0x73, 0x69, 0x70)];

type Seed = {readonly octets: Uint8Array; /** Where the message begins. */ readonly message: number};

const seeds = (): Seed[] => {
	const messages = [
		messageV1([recordV1()]),
		messageV1([recordV1({state: 4, flags: 0x1_00}), recordV1({ports: [51_001, 443, 443], timeout: 2})]),
		messageV1([recordV1({protocol: 17, state: 0, ports: [5000, 53, 53], timeout: 1}), recordV1({protocol: 132, state: 8})]),
		messageV1([recordV1({flags: 0x8_00, ports: [0, 20, 20]}), recordV1({ports: [2034, 20, 20]})]),
		messageV1([recordV1({flags: 0x10_00, state: 0, ports: [0, 443, 443]}), recordV1({flags: 0x10_00, protocol: 0, state: 0, ports: [0, 0, 0], fwmark: 7, addresses: ['198.51.100.7', '0.0.0.7', '10.0.0.21']})]),
		messageV1([recordV1({flags: 0x10_00, protocol: 17, state: 0, ports: [0, 5060, 5060], options: sip('call-1')})]),
		messageV1([recordV1({type: 2}), recordV1({type: 2, state: 6, timeout: 0})]),
		messageV0([recordV0(), recordV0({ports: [51_001, 80, 80], state: 4, flags: 0x1_00})]),
		messageV0([recordV0({flags: 0x06_00})]),
	];
	return messages.flatMap((message, index) => [
		{octets: ethernet(ipv4(udp(message), {id: index + 1})), message: 14 + 20 + 8},
		...(index % 3 === 0 ? [{octets: ethernet(ipv6(udp(message), {next: 17}), 0x86_dd), message: 14 + 40 + 8}] : []),
	]);
};

/** Small numbers and edges: bent like this, records meet earlier ones. */
const values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 0x20, 0x80, 132, 0xff];

/** Bends a copy of a seed in `to`; gives its length. */
const bend = ({octets, message}: Seed, to: Uint8Array, random: Random): number => {
	to.set(octets);
	let {length} = octets;
	for (let bends = random.below(4); bends > 0; bends--) {
		// Seven of eight lie in the message.
		const at = random.below(8) === 0 ? random.below(length) : message + random.below(Math.max(1, length - message));
		switch (random.below(16)) {
			case 0: {
				length = Math.max(1, random.below(length));
				break;
			}

			case 1: {
				to[at] = random.below(256);
				break;
			}

			case 2: {
				to[at]! ^= 1 << random.below(8);
				break;
			}

			case 3: {
				to.copyWithin(at, message + random.below(Math.max(1, length - message)), length);
				break;
			}

			default: {
				to[at] = random.pick(values);
			}
		}
	}

	return length;
};

const word = (words: Int32Array, from: number, name: 'caddr' | 'vaddr' | 'daddr'): number[] => [...words.subarray(from + recordAt[name], from + recordAt[name] + 4)];

const sampleOf = ({words}: RecordBatch, index: number, {view, offset}: Datagram): SampleRecord => {
	const from = index * recordWords;
	const hasPe = words[from + recordAt.peDataOffset]! >= 0 && words[from + recordAt.fault] === 0;
	return {
		family: words[from + recordAt.family] === 6 ? 6 : 4, protocol: words[from + recordAt.protocol]!, flags: words[from + recordAt.flags]!, state: words[from + recordAt.state]!,
		caddr: word(words, from, 'caddr'), cport: words[from + recordAt.cport]!, vaddr: word(words, from, 'vaddr'), vport: words[from + recordAt.vport]!,
		daddr: word(words, from, 'daddr'), dport: words[from + recordAt.dport]!, fwmark: words[from + recordAt.fwmark]!, timeoutSeconds: words[from + recordAt.timeoutSeconds]!,
		fault: words[from + recordAt.fault]!, anomalies: words[from + recordAt.anomalies]!,
		...(hasPe && {pe: peText(new Uint8Array(view.buffer, view.byteOffset + offset + words[from + recordAt.peDataOffset]!, words[from + recordAt.peDataLength]))}),
	};
};

/** Throws at the first place where two lists differ; the whole of them would be too much to read. */
const assertAlike = (what: string, ours: readonly unknown[], theirs: readonly unknown[]): void => {
	if (isDeepStrictEqual(ours, theirs)) {
		return;
	}

	const at = ours.findIndex((one, index) => !isDeepStrictEqual(one, theirs[index]));
	throw new Error(`${what} ${at} of ${ours.length}, ${theirs.length}: ${JSON.stringify(ours[at])} in the table, ${JSON.stringify(theirs[at])} in the model`);
};

const byKey = (one: ModelEntry, other: ModelEntry): number => one.key < other.key ? -1 : 1;

/** One block of packets, or fewer. Throws where table and model differ. Gives how many records were applied, and changes told. */
export const runBlock = (seed: number, packets: number): {readonly records: number; readonly changes: number} => {
	const random = createRandom(seed);
	const memory = createTableMemory(sizes);
	const writer = createTableWriter(memory, {seed: 1});
	const view = createTableView(memory);
	const reader = createChangeReader(memory);
	const model = createModel(startUs);
	const all = seeds();
	const room = new Uint8Array(512);
	const packet = packetOf(room);
	let records = 0;
	let changes = 0;
	let nowUs = startUs;

	const message: TableMessage = {view: packet.view, offset: 0, nowUs, segment: 1, director: 0, directorBit: 0, sentMask: 0, known: true, partial: false};
	const dissector = createDissector({}, {
		sync(datagram, batch) {
			const director = random.below(3);
			Object.assign(message, {
				view: datagram.view, offset: datagram.offset, nowUs, segment: 1 + random.below(2), director, directorBit: director, sentMask: random.below(4), partial: batch.partial,
			});
			writer.apply(batch, message);
			records += batch.count;
			model.apply(Array.from({length: batch.count}, (_, index) => sampleOf(batch, index, datagram)), {...message, syncid: batch.syncid, version: batch.version});
		},
		advert() {},
		report() {},
		claim() {},
		fault() {},
	});

	const compare = (): void => {
		writer.expire(nowUs, {finish: true});
		model.expire(nowUs);
		const story = storyOf(reader);
		assertAlike('change', story, model.takeEvents());
		must(reader.lost() === 0, 'changes are lost');
		changes += story.length;
		const rows = [...view.select({count: 1e9}).slots].map(slot => entryOf(view.row(slot)!)).sort(byKey);
		assertAlike('session', rows, model.rows().map(row => ({...row, fwmark: row.fwmark >>> 0})).sort(byKey));
	};

	compare();
	for (let index = 1; index <= packets; index++) {
		nowUs += random.below(1000) === 0 ? random.below(400_000_000) : random.below(20_000);
		packet.length = bend(random.pick(all), room, random);
		packet.originalLength = packet.length + (random.below(16) === 0 ? random.below(40) : 0);
		packet.timeUs = nowUs;
		dissector.packet(packet);
		if (index % comparedEach === 0 || index === packets) {
			compare();
		}
	}

	return {records, changes};
};

/** Runs blocks until there were that many packets, or it is over. Throws where table and model differ, with the seed of that block. */
export const runReference = (seed: number, packets: number, progress: (done: number, records: number, changes: number) => boolean): void => {
	let records = 0;
	let changes = 0;
	for (let done = 0, block = 0; done < packets; block++) {
		const count = Math.min(blockPackets, packets - done);
		try {
			const ran = runBlock(seed + block, count);
			records += ran.records;
			changes += ran.changes;
		} catch (error) {
			throw new Error(`table and model differ: --seed ${seed + block} --packets ${count}`, {cause: error});
		}

		done += count;
		if (!progress(done, records, changes)) {
			return;
		}
	}
};

if (process.argv[1] === import.meta.filename) {
	const {values: given} = parseArgs({options: {packets: {type: 'string', default: '1e6'}, seconds: {type: 'string', default: 'Infinity'}, seed: {type: 'string', default: `${randomInt(2 ** 31)}`}}});
	const start = performance.now();
	let toldMs = start;
	console.log(`seed ${given.seed}`);
	runReference(Number(given.seed), Number(given.packets), (done, records, changes) => {
		const now = performance.now();
		const isOver = now - start > Number(given.seconds) * 1000;
		if (now - toldMs > 60_000 || done >= Number(given.packets) || isOver) {
			toldMs = now;
			console.log(`${done} packets, ${records} records, ${changes} changes, all the same; ${Math.round((now - start) / 1000)} s, ${Math.round(process.cpuUsage().user / 1e6)} s of the processor`);
		}

		return !isOver;
	});
}
