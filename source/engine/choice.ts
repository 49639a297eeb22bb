/*
Which of the captured frames a recording keeps, where a filter chooses: those that end a message with a record that passes, and with the
last fragment of such a message the ones before it.
*/
import {parseFilter} from '../filter/parser.js';
import {type FilterNames} from '../filter/names.js';
import {compileRecordFilter} from '../filter/record-filter.js';
import {type HeardRecord} from '../ring/record-ring.js';
import {formatAddress} from '../wire/address.js';
import {type FrameInfo} from '../wire/observation.js';
import {type Datagram, type Packet} from '../wire/packet.js';
import {recordAt, recordWords, type RecordBatch} from '../wire/sync/record-batch.js';

export type Choice = {
	/** A message was decoded, with director and segment by number. */
	message(batch: RecordBatch, datagram: Datagram, director: number, segment: number): void;
	/** The present frame holds a fragment of a datagram that can be one of ours. */
	fragment(frame: FrameInfo, id: number): void;
	/** What is to be written now that all of the frame was told: itself, with fragments before it, or nothing. */
	chosen(packet: Packet): readonly Packet[];
	/** The same for a payload without a frame. */
	isChosen(): boolean;
};

export type ChoiceTask = {
	/** A filter of records, found valid. */
	readonly filter: string;
	readonly aliases: FilterNames['aliases'];
};

/** Fragments that wait for their last one; the dissector joins no more sets than that. */
const mostHeld = 4096;

const none: readonly Packet[] = [];

const copyOf = (packet: Packet): Packet => {
	const {view, offset, length} = packet;
	return {...packet, view: new DataView(view.buffer.slice(view.byteOffset + offset, view.byteOffset + offset + length)), offset: 0};
};

const octetsAt = ({view, offset}: Datagram, at: number, length: number): Uint8Array => new Uint8Array(view.buffer, view.byteOffset + offset + at, length);

/** Record `index` of a batch, as it is told where records are printed. */
const hear = (record: HeardRecord, batch: RecordBatch, index: number, datagram: Datagram): void => {
	const from = index * recordWords;
	const {words} = record;
	words.set(batch.words.subarray(from, from + recordWords));
	record.index = index;
	const hasPe = words[recordAt.fault] === 0 && words[recordAt.peDataOffset]! >= 0;
	record.peName = hasPe ? octetsAt(datagram, words[recordAt.peNameOffset]!, words[recordAt.peNameLength]!) : undefined;
	record.peData = hasPe ? octetsAt(datagram, words[recordAt.peDataOffset]!, words[recordAt.peDataLength]!) : undefined;
};

export const createChoice = ({filter, aliases}: ChoiceTask, names: Pick<FilterNames, 'segment' | 'director'>): Choice => {
	const parsed = parseFilter(filter);
	const compiled = parsed.ok ? compileRecordFilter(parsed.expression, {...names, bitHolders: () => [], aliases}) : parsed;
	if (!compiled.ok) {
		throw new TypeError(`A filter that was found valid is none: ${filter}`);
	}

	const record: HeardRecord = {
		words: new Int32Array(recordWords), timeUs: 0, director: 0, sourceFamily: 4, source: new Int32Array(4), sourcePort: 0, syncPort: 0,
		version: 1, syncid: 0, segment: 0, index: 0, peName: undefined, peData: undefined,
	};
	/** Oldest first, by datagram. */
	const held = new Map<string, Packet[]>();
	let heldCount = 0;
	let passes = false;
	/** Datagrams that the present frame holds a fragment of: several only in tunnels. */
	let pieces: string[] = [];

	const forget = (key: string): Packet[] => {
		const before = held.get(key) ?? [];
		held.delete(key);
		heldCount -= before.length;
		return before;
	};

	const hold = (packet: Packet): void => {
		const copy = copyOf(packet);
		for (const key of pieces) {
			held.set(key, [...forget(key), copy]);
			heldCount += held.get(key)!.length;
		}

		while (heldCount > mostHeld) {
			forget(held.keys().next().value!);
		}
	};

	return {
		message(batch, datagram, director, segment) {
			Object.assign(record, {
				timeUs: datagram.timeUs, director, sourceFamily: datagram.family, source: datagram.source, sourcePort: datagram.sourcePort,
				syncPort: datagram.destinationPort, version: batch.version, syncid: batch.syncid, segment,
			});
			for (let index = 0; index < batch.count && !passes; index++) {
				hear(record, batch, index, datagram);
				passes = compiled.matches(record);
			}
		},
		fragment({family, source, place}, id) {
			pieces.push(`${place} ${formatAddress(source, 0, family)} ${id}`);
		},
		chosen(packet) {
			const isPiece = pieces.length > 0;
			if (!passes && !isPiece) {
				return none;
			}

			let result = none;
			if (passes) {
				result = [...pieces.flatMap(key => forget(key)), packet];
			} else {
				hold(packet);
			}

			passes = false;
			pieces = [];
			return result;
		},
		isChosen() {
			const answer = passes;
			passes = false;
			return answer;
		},
	};
};
