import {createEngine} from '../../source/engine/engine.js';
import {createChangeReader} from '../../source/table/changes.js';
import {entryAt, entryWords} from '../../source/table/entry.js';
import {controlAt, createTableMemory, pathAt, pathWords, serviceAt, serviceWords} from '../../source/table/memory.js';
import {sortKeys} from '../../source/table/read/sort-key.js';
import {createTableView, type TableView} from '../../source/table/read/table-view.js';
import {createTableWriter} from '../../source/table/write/writer.js';
import {bendFrames} from './bend-frames.js';
import {decodeFrames, encodeFrames, smallerFrames, type Frames} from './frames.js';
import {must, type Target} from './target.js';
import {frameSeeds} from './wire-target.js';

/** So small that one message can fill it. */
const sizes = {maxSessions: 40, changeCapacity: 4096, departedCapacity: 32, maxPaths: 24, maxServices: 12, maxPe: 8} as const;

const sum = (words: ArrayLike<number>): number => Array.from(words).reduce((total, word) => total + word, 0);

/** Whether all figures of a table agree with one another and with its entries. */
const checkTable = (view: TableView, isSettled: boolean): void => {
	const {entries, control, paths, services, counts} = view.arrays;
	const totals = view.totals();
	const held = totals.connections + totals.templates;
	let used = 0;
	let alive = 0;
	for (let slot = 1; slot <= control[controlAt.highWater]!; slot++) {
		used += Number(entries[(slot * entryWords) + entryAt.path] !== 0);
	}

	must(used === held, () => `${held} sessions are counted, and ${used} entries used`);
	must(held <= sizes.maxSessions, 'more sessions than there may be');
	must(sum(totals.directorEntries) === held, 'the sessions by director are not all');
	must(totals.unknownEntries >= 0 && totals.unknownEntries <= held, 'more sessions of strangers than there are');
	must(totals.created === held + totals.expired + totals.ranout + totals.evicted, 'sessions came into being, and neither left nor stayed');
	must(totals.applied <= totals.records && totals.records <= totals.applied + sum([...totals.refused.values()]), 'records were neither applied nor refused');
	must(totals.paths <= sizes.maxPaths && totals.services <= sizes.maxServices && control[controlAt.peUsed]! <= sizes.maxPe, 'more names than there is room for');
	must(counts.every(count => count >= 0), 'fewer than no sessions of a state');

	let usedPaths = 0;
	let usedServices = 0;
	for (let at = pathWords; at < paths.length; at += pathWords) {
		must(paths[at + pathAt.references]! >= 0, 'a path that is released too often');
		usedPaths += Number(paths[at + pathAt.service] !== 0);
	}

	for (let at = serviceWords; at < services.length; at += serviceWords) {
		must(services[at + serviceAt.references]! >= 0, 'a service that is released too often');
		usedServices += Number(services[at + serviceAt.family] !== 0);
	}

	must(usedPaths === totals.paths && usedServices === totals.services, 'paths or services are not counted as they are');

	const nowUs = view.now();
	view.each((_words, _at, slot) => {
		const row = view.row(slot);
		must(row !== undefined && row.expiresUs > nowUs, 'a session that is held and cannot be shown');
		must(row!.firstUs <= row!.lastUs && row!.lastUs <= nowUs && row!.updates >= 1, 'a session heard in another order than that of time');
		alive++;
	});
	must(!isSettled || alive === held, 'sessions stay when their time is up');
	for (const sort of isSettled ? sortKeys : []) {
		const {matched, total, slots} = view.select({sort, count: 1000});
		must(matched === alive && total === alive && new Set(slots).size === alive, 'an order that loses sessions');
	}

	let shown = 0;
	for (const {paths: ids} of view.services()) {
		shown += ids.length;
	}

	must(shown <= usedPaths, 'services show more paths than there are');
	must(view.departed(1000).every(({connection, timeUs}) => connection.updates >= 1 && timeUs <= nowUs), 'a departed session that never was');
};

/** Frames, dissected and applied: the figures of the table agree, nothing is beyond its bounds, and every change is told. */
export const createTableTarget = (): Target<Frames> => ({
	name: 'table',
	covers: /\/source\/(?:table|engine|desk|census)\/(?:[a-z]+\/)*[^\/]*\.ts/v,
	batch: 32,
	memoryLimit: 64 * 2 ** 20,
	seeds: () => frameSeeds(8, 5),
	mutate: bendFrames,
	run({linkType, frames}, feature) {
		const memory = createTableMemory(sizes);
		const view = createTableView(memory);
		const changes = createChangeReader(memory);
		const engine = createEngine({
			dissector: {}, table: createTableWriter(memory, {seed: 1}), applyRecords: true, records: undefined,
			syncids: [], from: [], groups: [], ownAddresses: () => [],
		});
		const told = new Map<string, number>();
		let lastUs = 0;
		for (const [index, {octets, originalLength, timeUs}] of frames.entries()) {
			const packet = {
				view: new DataView(octets.buffer, octets.byteOffset, octets.byteLength), offset: 0, length: octets.length, originalLength, timeUs, linkType, place: 0,
			};
			engine.sink.packet(packet);
			if (index % 8 === 0) {
				checkTable(view, false);
			}
		}

		engine.settle();
		checkTable(view, true);
		engine.failover();
		engine.sink.advance(engine.lastPacketUs() + 40e6);
		engine.settle();
		checkTable(view, true);

		changes.read(change => {
			const type = change.type === 'aside' ? `aside ${(JSON.parse(change.json ?? '{}') as {event?: string}).event}` : change.type;
			told.set(type, (told.get(type) ?? 0) + 1);
			must(change.type === 'refused' || change.type === 'aside' || change.timeUs >= 0, 'a change at no time');
			lastUs = Math.max(lastUs, change.timeUs);
		});
		const {created, expired, ranout, evicted, moved, stateChanges, refused} = view.totals();
		for (const [type, count] of [['new', created], ['expired', expired], ['ranout', ranout], ['evicted', evicted], ['moved', moved], ['state', stateChanges]] as const) {
			must(changes.lost() > 0 || (told.get(type) ?? 0) === count, () => `of ${count} sessions ${told.get(type) ?? 0} are told to be ${type}`);
		}

		must(lastUs <= view.now(), 'a change in the future');
		must(engine.tally.packets === frames.length, 'packets are not counted');
		const names = [...told.keys(), ...refused.keys()];
		for (const name of names) {
			feature(Array.from(name).reduce((code, character) => (code * 31) + character.charCodeAt(0), 7) % 1_000_003);
		}
	},
	shrink: smallerFrames,
	encode: encodeFrames,
	decode: decodeFrames,
});
