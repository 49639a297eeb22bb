import {recordAt, recordWords, type RecordBatch} from '../wire/sync/record-batch.js';
import {type AddressWords, type Datagram, type Family} from '../wire/packet.js';
import {createRingMemory, createRingReader, createRingWriter, type RingMemory, type RingReaderOptions} from './shared-ring.js';

/*
Sync records one by one, as they came, beside the table: what `--records` prints. Each takes the words of the decoder and then
   32-33  microseconds since the Unix epoch (a double)
   34     director (8)  source family (8)  version (8)  sync id (8)
   35     source port (16)  sync port (16)
   36-39  source address
   40     segment
   41     index in its message
   42-45  position and length of the persistence engine's name and data in the text ring; length 0 for none
*/
const at = {time: 32, sender: 34, ports: 35, source: 36, segment: 40, index: 41, pePosition: 42, peNameLength: 43, peDataLength: 44} as const;
const itemWords = 48;

export const createRecordRing = (capacity = 65_536): RingMemory => createRingMemory(capacity, itemWords, 2 ** 22);

/** One record as it came. Borrowed. */
export type HeardRecord = {
	/** A record of a `RecordBatch` at offset 0; its offsets into the payload mean nothing here. */
	words: Int32Array;
	timeUs: number;
	director: number;
	sourceFamily: Family;
	source: AddressWords;
	sourcePort: number;
	/** The port it was sent to. */
	syncPort: number;
	version: number;
	syncid: number;
	segment: number;
	/** Its place in the message, from 0. */
	index: number;
	peName: Uint8Array | undefined;
	peData: Uint8Array | undefined;
};

export type RecordRingWriter = {
	/** Copies record `index` of a batch. Blocks when it waits for its reader. */
	push(batch: RecordBatch, index: number, datagram: Datagram, director: number, segment: number): void;
};

export const createRecordRingWriter = (memory: RingMemory, options: {readonly waitForReader?: boolean} = {}): RecordRingWriter => {
	const ring = createRingWriter(memory, options);
	const times = new Float64Array(memory.words);
	const octets = new Uint8Array(16 + 255);

	return {
		push(batch, index, datagram, director, segment) {
			const from = index * recordWords;
			const {words} = batch;
			let position = 0;
			let nameLength = 0;
			let dataLength = 0;
			if (words[from + recordAt.fault] === 0 && words[from + recordAt.peDataOffset]! >= 0) {
				nameLength = Math.min(16, words[from + recordAt.peNameLength]!);
				dataLength = Math.min(255, words[from + recordAt.peDataLength]!);
				for (let octet = 0; octet < nameLength; octet += 1) {
					octets[octet] = datagram.view.getUint8(datagram.offset + words[from + recordAt.peNameOffset]! + octet);
				}

				for (let octet = 0; octet < dataLength; octet += 1) {
					octets[nameLength + octet] = datagram.view.getUint8(datagram.offset + words[from + recordAt.peDataOffset]! + octet);
				}

				position = ring.putText(octets.subarray(0, nameLength + dataLength))!;
			}

			const to = ring.reserve();
			ring.words.set(words.subarray(from, from + recordWords), to);
			times[(to + at.time) / 2] = datagram.timeUs;
			ring.words[to + at.sender] = (director << 24) | (datagram.family << 16) | (batch.version << 8) | batch.syncid;
			ring.words[to + at.ports] = (datagram.sourcePort << 16) | datagram.destinationPort;
			ring.words.set(datagram.source, to + at.source);
			ring.words[to + at.segment] = segment;
			ring.words[to + at.index] = index;
			ring.words[to + at.pePosition] = position;
			ring.words[to + at.peNameLength] = nameLength;
			ring.words[to + at.peDataLength] = dataLength;
			ring.publish();
		},
	};
};

type RecordRingReader = {
	read(each: (record: HeardRecord) => void, limit?: number): number;
	lost(): number;
	pending(): number;
};

export const createRecordRingReader = (memory: RingMemory, options: RingReaderOptions = {}): RecordRingReader => {
	const ring = createRingReader(memory, options);
	const scratch = new Int32Array(2);
	const time = new Float64Array(scratch.buffer);
	const record: HeardRecord = {
		words: new Int32Array(recordWords),
		timeUs: 0,
		director: 0,
		sourceFamily: 4,
		source: new Int32Array(4),
		sourcePort: 0,
		syncPort: 0,
		version: 1,
		syncid: 0,
		segment: 0,
		index: 0,
		peName: undefined,
		peData: undefined,
	};

	return {
		read: (each, limit) => ring.read(words => {
			record.words = words;
			scratch[0] = words[at.time]!;
			scratch[1] = words[at.time + 1]!;
			record.timeUs = time[0]!;
			const sender = words[at.sender]!;
			record.director = sender >>> 24;
			record.sourceFamily = ((sender >>> 16) & 0xff) === 6 ? 6 : 4;
			record.version = (sender >>> 8) & 0xff;
			record.syncid = sender & 0xff;
			record.sourcePort = words[at.ports]! >>> 16;
			record.syncPort = words[at.ports]! & 0xff_ff;
			for (let word = 0; word < 4; word += 1) {
				record.source[word] = words[at.source + word]!;
			}

			record.segment = words[at.segment]!;
			record.index = words[at.index]!;
			const nameLength = words[at.peNameLength]!;
			const dataLength = words[at.peDataLength]!;
			const pe = nameLength + dataLength > 0 ? ring.text(words[at.pePosition]!, nameLength + dataLength) : undefined;
			record.peName = pe?.subarray(0, nameLength);
			record.peData = pe?.subarray(nameLength);
			each(record);
		}, limit),
		lost: ring.lost,
		pending: ring.pending,
	};
};
