import {createChangeReader, type Change} from '../../source/table/changes.js';
import {createTableMemory, type TableSizes} from '../../source/table/memory.js';
import {type TableMessage} from '../../source/table/write/table-message.js';
import {createTableView} from '../../source/table/read/table-view.js';
import {createTableWriter, type TableWriterOptions} from '../../source/table/write/writer.js';
import {createRecordBatch, recordAt, recordWords, type RecordBatch} from '../../source/wire/sync/record-batch.js';

/** 2026-11-22, in microseconds. */
export const startUs = 1_795_305_600_000_000;

export const flags = {route: 3, inactive: 0x1_00, outSeq: 0x2_00, noCport: 0x8_00, template: 0x10_00, noOutput: 0x80, nfct: 0x1_00_00} as const;

export type SampleRecord = {
	family?: 4 | 6;
	protocol?: number;
	flags?: number;
	state?: number;
	caddr?: readonly number[];
	cport?: number;
	vaddr?: readonly number[];
	vport?: number;
	daddr?: readonly number[];
	dport?: number;
	fwmark?: number;
	timeoutSeconds?: number;
	fault?: number;
	anomalies?: number;
	/** Persistence engine `sip` with this data. */
	pe?: string;
};

export type SampleMessage = Partial<TableMessage> & {syncid?: number; version?: 0 | 1; messageFault?: number; restFault?: number};

/** An established TCP connection by direct routing, unless told otherwise. */
export const fullRecord = (given: SampleRecord) => ({
	family: 4 as 4 | 6, protocol: 6, flags: flags.route, state: 1, caddr: [0xcb_00_71_09], cport: 40_000, vaddr: [0xc0_00_02_0a], vport: 443,
	daddr: [0x0a_09_00_0b], dport: 443, fwmark: 0, timeoutSeconds: 900, fault: 0, anomalies: 0, pe: undefined as string | undefined, ...given,
});

const shared = createRecordBatch();

/** A batch and a message as a decoder and a monitor would hand them over. Borrowed. */
export const messageOf = (records: readonly SampleRecord[], given: SampleMessage = {}): {batch: RecordBatch; message: TableMessage} => {
	const {syncid = 51, version = 1, messageFault = 0, restFault = 0, ...message} = given;
	const payload = new Uint8Array(4096);
	let used = 0;
	const batch = shared;
	batch.words.fill(0, 0, records.length * recordWords);
	batch.count = records.length;
	batch.syncid = syncid;
	batch.version = version;
	batch.messageFault = messageFault;
	batch.restFault = restFault;
	for (const [index, sparse] of records.entries()) {
		const record = fullRecord(sparse);
		const at = index * recordWords;
		for (const name of ['fault', 'family', 'protocol', 'flags', 'state', 'cport', 'vport', 'dport', 'fwmark', 'timeoutSeconds', 'anomalies'] as const) {
			batch.words[at + recordAt[name]] = record[name];
		}

		for (const name of ['caddr', 'vaddr', 'daddr'] as const) {
			batch.words.set(record[name], at + recordAt[name]);
		}

		batch.words[at + recordAt.peDataOffset] = -1;
		batch.words[at + recordAt.peNameOffset] = -1;
		if (record.pe !== undefined) {
			const octets = new TextEncoder().encode(`sip${record.pe}`);
			payload.set(octets, 8 + used);
			batch.words[at + recordAt.peNameOffset] = used;
			batch.words[at + recordAt.peNameLength] = 3;
			batch.words[at + recordAt.peDataOffset] = used + 3;
			batch.words[at + recordAt.peDataLength] = octets.length - 3;
			used += octets.length;
		}
	}

	return {
		batch,
		message: {
			nowUs: startUs, segment: 1, director: 1, directorBit: 0, sentMask: 0, known: true, partial: false,
			view: new DataView(payload.buffer), offset: 8, ...message,
		},
	};
};

export const secondsLater = (seconds: number): number => startUs + Math.round(seconds * 1e6);

/** A table with its reading ends, all in one thread. `changes()` gives what happened since the last call. */
export const createTable = (sizes: Partial<TableSizes> = {}, options: TableWriterOptions = {}) => {
	const memory = createTableMemory({maxSessions: 1000, changeCapacity: 4096, departedCapacity: 1024, maxPaths: 1000, maxServices: 500, maxPe: 500, ...sizes});
	const writer = createTableWriter(memory, {seed: 7, ...options});
	const view = createTableView(memory);
	const reader = createChangeReader(memory);
	return {
		memory,
		writer,
		view,
		reader,
		hear(records: readonly SampleRecord[], given: SampleMessage = {}) {
			const {batch, message} = messageOf(records, given);
			writer.apply(batch, message);
		},
		expire(nowUs: number) {
			writer.expire(nowUs, {finish: true});
		},
		rows() {
			return [...view.select({count: 1e9}).slots].map(slot => view.row(slot)!);
		},
		/** The only row there is. */
		row() {
			const rows = this.rows();
			if (rows.length !== 1) {
				throw new Error(`${rows.length} rows`);
			}

			return rows[0]!;
		},
		changes() {
			const changes: string[] = [];
			reader.read((change: Change) => {
				changes.push(change.type);
			});
			return changes;
		},
	};
};
