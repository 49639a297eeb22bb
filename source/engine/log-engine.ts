import {CheckpointError} from '../checkpoint/shape.js';
import {events} from '../events/catalogue.js';
import {type Log} from '../log/folder.js';
import {checkpointOf, createLogItems, segmentsBefore} from '../log/log-reader.js';
import {type Saver} from '../log/log-writer.js';
import {type Aside} from '../log/segment.js';
import {controlAt, numberAt} from '../table/memory.js';
import {secondUs} from '../wire/second.js';
import {createSaveRoom, cutEngine, prepareSave, restoreEngine, type RestoreOptions} from './checkpoint/checkpoint.js';
import {type Engine} from './engine.js';
import {forgetPlaces} from './engine-state.js';

/** An engine that stands at the start of a segment; undefined in an empty log. */
type EngineOfLog = {readonly engine: Engine; readonly first: number | undefined};

/**
An engine as it was at the nearest checkpoint before a moment. A checkpoint that cannot be used is passed over, with a word in the
log's problems; without any, the engine begins with nothing at the oldest segment.
*/
export const engineOfLog = (log: Log, momentUs: number, options: RestoreOptions, fresh: () => Engine): EngineOfLog => {
	const before = segmentsBefore(log, momentUs);
	for (const number of before.length > 0 ? before : log.numbers.slice(0, 1)) {
		const octets = checkpointOf(log, number);
		if (octets) {
			try {
				return {engine: restoreEngine(octets, options), first: number};
			} catch (error) {
				if (!(error instanceof CheckpointError)) {
					throw error;
				}

				log.problems.push(`the checkpoint of segment ${number} ${error.message}`);
			}
		}
	}

	return {engine: fresh(), first: log.numbers[0]};
};

/** What a log says beside frames, places and the time. */
export const hearAside = (engine: Engine, timeUs: number, {note, gap, slept}: Aside): void => {
	if (note !== undefined) {
		engine.note(timeUs, events.note, {text: note});
	}

	if (gap !== undefined) {
		engine.missed(gap, timeUs);
	}

	if (slept !== undefined) {
		engine.note(timeUs, events.suspend, {seconds: slept / secondUs});
	}
};

/** Reads a log to its end into an engine, for whoever goes on with it: places have other numbers from then on. */
export const readRest = (log: Log, {engine, first}: EngineOfLog): void => {
	if (first === undefined) {
		return;
	}

	const items = createLogItems(log, first);
	for (let item = items.next(); item !== 'wait'; item = items.next()) {
		switch (item.kind) {
			case 'packet': {
				engine.sink.packet(item.packet);
				break;
			}

			case 'datagram': {
				engine.sink.datagram(item.datagram);
				break;
			}

			case 'aside': {
				engine.sink.advance(item.timeUs);
				if (item.aside.places) {
					engine.sink.places(item.aside.places);
				}

				hearAside(engine, item.timeUs, item.aside);
			}
		}
	}

	items.close();
	forgetPlaces(engine.state);
};

/** What the writer of a log asks of an engine. */
export const saverOf = (engine: Engine): Saver => {
	const room = createSaveRoom();
	const {numbers, control} = engine.table.arrays;
	return {
		prepare: () => prepareSave(engine, room),
		cut: () => cutEngine(engine, room).pieces(),
		totals: () => ({
			records: numbers[numberAt.records]!, created: numbers[numberAt.created]!,
			sessions: control[controlAt.connections]! + control[controlAt.templates]!,
		}),
	};
};
