import {Buffer} from 'node:buffer';
import {frameTags, createDatagram} from '../../wire/ip/datagram.js';
import {decodeCheckpoint, encodeCheckpoint, fingerprintOf, type Section} from '../../checkpoint/container.js';
import {
	arrayOf, blob, list, CheckpointError, decodeValue, encodeValue, flag, integer, map, oneOf, optional, readonlyArray, real, set, sparse, struct, text, words, type Shape,
} from '../../checkpoint/shape.js';
import {type Place} from '../../capture/source.js';
import {limitNames, type LimitName} from '../../desk/facts/limits.js';
import {type TableMemory} from '../../table/memory.js';
import {createTableWriter} from '../../table/write/writer.js';
import {faultNames} from '../../wire/fault.js';
import {createFragmentState, type FragmentSet} from '../../wire/ip/fragments.js';
import {createDuplicateState} from '../duplicates.js';
import {createEngine, type Engine, type EngineOptions} from '../engine.js';
import {type EngineState} from '../engine-state.js';
import {maxSegments} from '../segments.js';
import {maxEarly, maxGroups, type EarlyReport} from '../sync-groups.js';
import {type PlaceTally, type Tally} from '../tally.js';
import {createTableRoom, cutTable, prepareRoom, tableHeadShape, tableLayoutText, type TableHead, type TableRoom} from './save-table.js';
import {checkDesk, deskShape} from './desk-shape.js';
import {restoreTable, wipeTable} from './restore-table.js';

/*
All that an engine knows, saved at one moment and made an engine again that goes on as if it had never stopped.

    saveEngine(engine)                       the octets, at once
    prepareSave, cutEngine, cut.pieces()     the same in slices: a capture waits for `cutEngine` only
    restoreEngine(octets, options)           an engine, or a `CheckpointError` that says why not

What depends on where an engine runs is not saved but given again: the options, own addresses, what records are handed to.
*/

const name = text(1024);
const count = integer(0);
const places = 65_536;

const placeShape = struct<Place>({
	name,
	state: oneOf('opening', 'up', 'down', 'gone', 'ended', 'failed'),
	detail: text(65_536),
	drops: count,
	sight: struct<Place['sight']>({sync: flag, vrrp: flag, arp: flag, groupReports: flag}),
	kind: name,
	address: name,
	own: optional(arrayOf(name, 1024)),
});

const tallyShape = struct<Tally>({
	packets: count, messages: count, records: count, adverts: count, reports: count, claims: count, duplicates: count, excluded: count,
	faults: list(count, faultNames.length),
	places: sparse(struct<PlaceTally>({frames: count, sync: count, vrrp: count, claims: count, vlan: integer(-1, 4095)}), places),
});

const earlyReport = struct<EarlyReport>({
	text: name, segment: count,
	frame: struct<EarlyReport['frame']>({
		timeUs: real, place: count, tags: words(frameTags), tagCount: integer(0, frameTags), family: oneOf(4, 6), source: words(4), destination: words(4), hopLimit: integer(-1), identification: integer(-1),
		sourceMacHigh: real, sourceMacLow: real, outgoing: flag,
	}),
	report: struct<EarlyReport['report']>({protocol: oneOf('igmp', 'mld'), kind: oneOf('report', 'leave'), group: words(4), change: flag}),
});

/** Headers of a fragment that came first: a datagram without its payload. */
type Headers = Omit<FragmentSet['headers'], 'view' | 'offset' | 'length' | 'claimedLength'>;

const headersShape = struct<Headers>({
	timeUs: real, place: integer(0, places), tags: words(frameTags), tagCount: integer(0, frameTags), family: oneOf(4, 6), source: words(4), destination: words(4),
	sourcePort: integer(0, 65_535), destinationPort: integer(0, 65_535), hopLimit: integer(-1, 255), identification: integer(-1, 65_535),
	sourceMacHigh: integer(-1, 65_535), sourceMacLow: integer(-0x80_00_00_00, 0xff_ff_ff_ff), outgoing: flag, fragmented: flag,
});

/** A set of fragments without what can be worked out. */
type SavedFragments = Pick<FragmentSet, 'key' | 'sourceKey' | 'total' | 'protocol'> & {headers: Headers; fragments: Array<{start: number; octets: Uint8Array}>};

const fragmentsShape: Shape<SavedFragments[]> = arrayOf(struct<SavedFragments>({
	key: name, sourceKey: name, total: integer(-1, 65_535), protocol: integer(0, 255), headers: headersShape,
	fragments: arrayOf(struct<SavedFragments['fragments'][number]>({start: integer(0, 65_535), octets: blob(65_535)}), 512),
}), 1024);

/** What the head of a checkpoint says; the words of the table and of the messages heard last are beside it. */
type Head = Omit<EngineState, 'duplicates' | 'fragments'> & {readonly fragments: SavedFragments[]; readonly table: TableHead};

const headShape = struct<Head>({
	firstUs: real,
	packetUs: real,
	nowUs: real,
	heardSinceUs: real,
	housekeptUs: real,
	places: readonlyArray(placeShape, places),
	early: arrayOf(struct<EngineState['early'][number]>({
		segment: optional(name), state: name, detail: optional(text(65_536)), drops: optional(count), lostChanges: optional(count), recording: optional(name), lost: optional(count),
	}), 1_000_000),
	tally: tallyShape,
	limits: map(oneOf<LimitName>(...limitNames), struct({count, told: count, toldUs: real}), limitNames.length),
	segments: struct<EngineState['segments']>({ids: map(name, integer(0, maxSegments - 1), 65_536), names: arrayOf(name, maxSegments)}),
	groups: struct<EngineState['groups']>({groups: set(name, maxGroups + 65_536), early: arrayOf(earlyReport, maxEarly), last: words(4)}),
	fragments: fragmentsShape,
	desk: deskShape,
	table: tableHeadShape,
});

/** Changes with everything that is kept: a checkpoint of another program is refused as such. */
const fingerprintNow = (): number => fingerprintOf(headShape.text, tableLayoutText);

/** Room for a copy of what is saved, used again for the next checkpoint. One at a time. */
type SaveRoom = TableRoom;
export const createSaveRoom = createTableRoom;

/** Makes the room large enough, for some 1 ms. True when it is: then `cutEngine` takes the time of a copy. */
export const prepareSave = (engine: Engine, room: SaveRoom): boolean => prepareRoom(room, engine.table.state);

/** An engine as it was at one moment. */
type EngineCut = {
	/** The octets of the checkpoint, in pieces of some 1 ms each; empty ones only give others their turn. */
	pieces(): Generator<Uint8Array, void>;
};

const saveFragments = (sets: Iterable<FragmentSet>): SavedFragments[] => [...sets].map(({key, sourceKey, total, protocol, headers, fragments}) => {
	const {view, offset, length, claimedLength, ...kept} = headers;
	return {key, sourceKey, total, protocol, headers: kept, fragments: fragments.map(({start, octets}) => ({start, octets}))};
});

const whole = (sectionName: string, array: Int32Array | Float64Array): Section => {
	const copy = new Uint8Array(array.slice().buffer);
	return {name: sectionName, octets: copy.length, pieces: () => [copy]};
};

/** Cuts out what the engine knows now. What goes on in it afterwards changes nothing in the cut. */
export const cutEngine = (engine: Engine, room: SaveRoom): EngineCut => {
	const {state, table} = engine;
	const {duplicates, fragments, ...rest} = state;
	const cut = cutTable(table.memory, table.arrays.entries, table.state, room);
	const json = encodeValue(headShape, {...rest, fragments: saveFragments(fragments.sets.values()), table: cut.head});
	const sections = [
		whole('duplicateHashes', duplicates.hashes), whole('duplicateChecks', duplicates.checks), whole('duplicateKey', duplicates.key), whole('duplicateSegments', duplicates.segments), whole('duplicateTimes', duplicates.times), ...cut.sections,
	];
	return {pieces: () => encodeCheckpoint(json, sections, fingerprintNow())};
};

/** What the engine knows, as octets. */
export const saveEngine = (engine: Engine): Uint8Array => Buffer.concat([...cutEngine(engine, createSaveRoom()).pieces()]);

const restoreDuplicates = (sections: ReadonlyMap<string, Uint8Array>, segments: number): EngineState['duplicates'] => {
	const state = createDuplicateState();
	for (const [sectionName, array] of [['duplicateHashes', state.hashes], ['duplicateChecks', state.checks], ['duplicateKey', state.key], ['duplicateSegments', state.segments], ['duplicateTimes', state.times]] as const) {
		const octets = sections.get(sectionName);
		if (octets?.length !== array.byteLength) {
			throw new CheckpointError(`has no ${sectionName} of ${array.byteLength} octets`);
		}

		new Uint8Array(array.buffer).set(octets);
	}

	if (state.segments.some(segment => segment < -1 || segment >= segments) || state.times.some(time => !Number.isFinite(time))) {
		throw new CheckpointError('has a message of no segment, or at no time');
	}

	return state;
};

const fragmentOverhead = 256;

const restoreFragments = (saved: readonly SavedFragments[]): EngineState['fragments'] => {
	const state = createFragmentState();
	for (const {key, sourceKey, total, protocol, headers, fragments} of saved) {
		let received = 0;
		let end = 0;
		const kept = fragments.map(({start, octets}) => {
			if (start < end || octets.length === 0 || start + octets.length > 65_535 || (total !== -1 && start + octets.length > total)) {
				throw new CheckpointError('has fragments that overlap');
			}

			received += octets.length;
			end = start + octets.length;
			return {start, end, octets};
		});
		if (state.sets.has(key) || kept.length === 0 || received === total) {
			throw new CheckpointError('has fragments twice, none, or all of them');
		}

		const cost = received + (kept.length * fragmentOverhead);
		state.sets.set(key, {key, sourceKey, total, protocol, headers: {...createDatagram(), ...headers}, fragments: kept, received, cost});
		state.setsBySource.set(sourceKey, (state.setsBySource.get(sourceKey) ?? 0) + 1);
		state.cost += cost;
	}

	return state;
};

const checkSegments = ({ids, names}: EngineState['segments']): void => {
	if (new Set(names).size !== names.length || Math.max(-1, ...ids.values()) >= names.length) {
		throw new CheckpointError('has a segment without a name, or two of one name');
	}
};

export type RestoreOptions = Omit<EngineOptions, 'table'> & {
	/** Empty; the table is restored into it. */
	readonly memory: TableMemory;
	/** See `createTableWriter`. */
	readonly waitForReader?: boolean;
};

/** An engine that goes on from a checkpoint. Throws a `CheckpointError` when the octets are none that an engine could have left. */
export const restoreEngine = (checkpoint: Uint8Array, options: RestoreOptions): Engine => {
	const {head, sections} = decodeCheckpoint(checkpoint, fingerprintNow());
	const {table: tableHead, fragments, ...rest} = decodeValue(headShape, head);
	checkSegments(rest.segments);
	checkDesk(rest.desk, rest.segments.names.length);
	const {memory, waitForReader = false, ...others} = options;
	const duplicates = restoreDuplicates(sections, rest.segments.names.length);
	const state: EngineState = {...rest, duplicates, fragments: restoreFragments(fragments)};
	const restored = restoreTable(memory, {head: tableHead, sections, segments: rest.segments.names.length});
	try {
		return createEngine({...others, table: createTableWriter(memory, {waitForReader, restored})}, state);
	} catch (error) {
		wipeTable(memory, tableHead);
		throw error;
	}
};
