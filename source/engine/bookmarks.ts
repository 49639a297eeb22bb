import {type PacketSink} from '../capture/source.js';
import {numberAt} from '../table/memory.js';
import {createSaveRoom, cutEngine, prepareSave} from './checkpoint/checkpoint.js';
import {type Engine} from './engine.js';
import {type Bookmark} from './status.js';

/** What an engine knows now. */
const bookmarkOf = (engine: Engine, packets: number, room: ReturnType<typeof createSaveRoom>): Bookmark => {
	while (!prepareSave(engine, room)) {
		// A file waits.
	}

	const pieces = [...cutEngine(engine, room).pieces()];
	const checkpoint = new SharedArrayBuffer(pieces.reduce((sum, {length}) => sum + length, 0));
	const octets = new Uint8Array(checkpoint);
	let at = 0;
	for (const piece of pieces) {
		octets.set(piece, at);
		at += piece.length;
	}

	return {timeUs: engine.lastPacketUs(), packets, checkpoint};
};

/** Hands everything to the engine, and makes a bookmark before the packet that comes after each `every` records. */
export const markingSink = (engine: Engine, every: number, onBookmark: (bookmark: Bookmark) => void): PacketSink => {
	const room = createSaveRoom();
	const {sink, table} = engine;
	const {numbers} = table.arrays;
	let packets = 0;
	let due = every;
	return {
		...sink,
		packet(packet) {
			if (numbers[numberAt.records]! >= due) {
				due = numbers[numberAt.records]! + every;
				onBookmark(bookmarkOf(engine, packets, room));
			}

			packets += 1;
			sink.packet(packet);
		},
	};
};
