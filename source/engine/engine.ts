import {events} from '../events/catalogue.js';
import {type ValuesOfKind} from '../events/describe.js';
import {nameKinds, toldOf, writeTold, type AnyTold, type Note} from '../events/told.js';
import {type PacketSink, type Place} from '../capture/source.js';
import {type RecordRingWriter} from '../ring/record-ring.js';
import {type TableMessage} from '../table/write/table-message.js';
import {type TableWriter} from '../table/write/writer.js';
import {rfc3339} from '../text/format.js';
import {formatAddress} from '../wire/address.js';
import {createDissector, type DissectorOptions} from '../wire/dissect.js';
import {isVlan} from '../wire/link/tunnels.js';
import {type FrameInfo} from '../wire/observation.js';
import {type Datagram} from '../wire/packet.js';
import {type RecordBatch} from '../wire/sync/record-batch.js';
import {createDesk, type Desk} from '../desk/desk.js';
import {type Failover} from '../desk/facts/failover.js';
import {createLimits, type LimitCount} from '../desk/facts/limits.js';
import {secondUs} from '../wire/second.js';
import {type Choice} from './choice.js';
import {createDuplicates} from './duplicates.js';
import {createEngineState, type EngineState} from './engine-state.js';
import {createSegments, type Segments} from './segments.js';
import {createSyncGroups} from './sync-groups.js';
import {placeTally, type Tally} from './tally.js';

export type EngineOptions = {
	readonly dissector: DissectorOptions;
	/** Rebuild the table. */
	readonly table: TableWriter;
	readonly applyRecords: boolean;
	/** Pass every record on as it is. */
	readonly records: RecordRingWriter | undefined;
	/** Only these sync ids and senders; all when empty. */
	readonly syncids: readonly number[];
	readonly from: readonly string[];
	/** Configured multicast groups. */
	readonly groups: readonly string[];
	/** Addresses of this host: its own group reports say nothing of directors. */
	readonly ownAddresses: () => readonly string[];
	/** The wall clock's time for one of the packets'; the same where it is not given. */
	readonly toWallUs?: (timeUs: number) => number;
	/** Hears which messages pass a filter, for a recording of those. */
	readonly choice?: Choice | undefined;
	/** Addresses of directors that are known, and pairs, by the configuration. */
	readonly pairs?: ReadonlyArray<readonly string[]>;
};

/** Packets in, table out: everything between a capture source and the shared memory. Knows no thread and no clock. */
export type Engine = {
	readonly sink: PacketSink;
	/** All that it knows beside its table: plain data. */
	readonly state: EngineState;
	readonly table: TableWriter;
	readonly tally: Tally;
	readonly directors: Desk['directors'];
	readonly segments: Segments;
	/** What found no room so far. */
	limits(): readonly LimitCount[];
	/** Takeovers and what one would cost, as last counted. */
	failover(): Failover;
	places(): readonly Place[];
	/** Time of the first packet, 0 before it. */
	firstUs(): number;
	/** Time of the latest packet, 0 before the first. */
	lastPacketUs(): number;
	/** Something beside packets happened: goes into the stream of changes in its place. */
	readonly note: Note;
	/** Nothing was heard in that time: what happened in it is not known. */
	missed(fromUs: number, toUs: number): void;
	/** Calls back at whatever is told, but names; one listener. */
	tell(listener: (timeUs: number, told: AnyTold) => void): void;
	/** All that is due by now leaves the table, and what is told next is counted of what remains. */
	settle(): void;
};

/** Housekeeping between packets: directors' silence, unfinished fragments. */
const housekeepingUs = 500_000;

/** Time 0 stands for never in all that follows; a clock that has just been switched on may begin there. */
const earliestUs = 1;

/** The counter of a message has 8 bits. */
const maxCount = 255;

/** `restored`: goes on from there; its table must be of the same moment. */
export const createEngine = (options: EngineOptions, restored?: EngineState): Engine => {
	const {table, records, choice} = options;
	const state = restored ?? createEngineState();
	const {tally} = state;
	const limits = createLimits(state.limits);
	const segments = createSegments(() => state.places, limits, state.segments);
	const duplicates = createDuplicates(state.duplicates);
	const groups = createSyncGroups(options.groups, state.groups);
	const syncids = new Set(options.syncids);
	const senders = new Set(options.from);
	let namedSegments = 0;
	let namedDirectors = 0;
	/** Reused for every message. */
	const message: TableMessage = {
		view: new DataView(new ArrayBuffer(0)), offset: 0, nowUs: 0, segment: 0, director: 0, directorBit: 0, known: false,
		sentMask: 0, partial: false,
	};

	let onTold: ((timeUs: number, told: AnyTold) => void) | undefined;
	const toWallUs = options.toWallUs ?? ((timeUs: number) => timeUs);
	const note: Note = (timeUs, kind, values) => {
		table.aside(writeTold(kind, values), timeUs);
		onTold?.(timeUs, toldOf(kind, values));
	};

	const desk = createDesk({
		table, note, firstUs: () => state.heardSinceUs, segmentName: segment => segments.count() > 1 ? segments.names()[segment] : undefined, toWallUs, configured: options.pairs ?? [], limits, state: state.desk,
	});
	const {directors} = desk;

	/** Names travel in the stream of changes ahead of the first change that needs them. */
	const announceNames = () => {
		const names = segments.names();
		while (namedSegments < names.length) {
			note(state.nowUs, nameKinds.segment, {index: namedSegments, name: names[namedSegments]!});
			namedSegments++;
		}

		const all = directors.all();
		while (namedDirectors < all.length) {
			const {index, address, segment, place} = all[namedDirectors]!;
			note(state.nowUs, nameKinds.director, {index, address, segment, place});
			namedDirectors++;
		}
	};

	const segmentOf = (frame: FrameInfo): number => {
		const segment = segments.idOf(frame.place, frame.tags, frame.tagCount);
		if (segments.count() > namedSegments) {
			announceNames();
		}

		return segment;
	};

	const isOwn = (frame: FrameInfo): boolean => {
		const own = options.ownAddresses();
		const there = state.places[frame.place]?.own ?? [];
		if (own.length + there.length === 0) {
			return false;
		}

		const source = formatAddress(frame.source, 0, frame.family);
		return own.includes(source) || there.includes(source);
	};

	const noteSource = (fields: ValuesOfKind<typeof events.source>) => {
		if (state.nowUs > 0) {
			note(state.nowUs, events.source, fields);
		} else {
			state.early.push(fields);
		}
	};

	const tellLimits = (isEnd: boolean) => {
		limits.flush(state.nowUs, (what, count, detail) => {
			note(state.nowUs, events.limit, {what, count, detail});
		}, isEnd);
	};

	const advance = (timeUs: number) => {
		state.nowUs = Math.max(state.nowUs, timeUs);
		if (state.early.length > 0) {
			const pending = state.early;
			state.early = [];
			for (const fields of pending) {
				note(state.nowUs, events.source, fields);
			}
		}

		table.expire(state.nowUs);
		if (state.nowUs - state.housekeptUs >= housekeepingUs) {
			state.housekeptUs = state.nowUs;
			desk.tick(state.nowUs);
			dissector.expire(state.nowUs);
			tellLimits(false);
		}
	};

	const isWanted = (datagram: Datagram, batch: RecordBatch): boolean => {
		if (syncids.size > 0 && !syncids.has(batch.syncid)) {
			return false;
		}

		return senders.size === 0 || senders.has(formatAddress(datagram.source, 0, datagram.family));
	};

	const sync = (datagram: Datagram, batch: RecordBatch) => {
		let segment = segmentOf(datagram);
		const original = duplicates.originalOf(datagram, segment);
		const heard = placeTally(tally, datagram.place);
		heard.sync++;
		if (datagram.tagCount > 0 && isVlan(datagram.tags[0]!)) {
			heard.vlan = datagram.tags[0]!;
		}

		if (original !== -1) {
			tally.duplicates++;
			if (original !== segment) {
				segments.unite(segment, original);
			}

			return;
		}

		segment = segments.idOf(datagram.place, datagram.tags, datagram.tagCount);
		if (!isWanted(datagram, batch)) {
			tally.excluded++;
			return;
		}

		tally.messages++;
		for (const {frame, report, segment: place} of groups.heard(datagram)) {
			desk.report({...frame, timeUs: datagram.timeUs}, place, report, 'sync');
		}

		tally.records += batch.count;
		const director = desk.message(datagram, segment, {version: batch.version, syncid: batch.syncid, records: batch.count, wrapped: batch.count > maxCount}, batch);
		if (directors.all().length > namedDirectors) {
			announceNames();
		}

		choice?.message(batch, datagram, director.index, segment);
		if (records) {
			for (let index = 0; index < batch.count; index++) {
				records.push(batch, index, datagram, director.index, segment);
			}
		}

		if (options.applyRecords) {
			message.view = datagram.view;
			message.offset = datagram.offset;
			message.nowUs = state.nowUs;
			message.segment = segment;
			message.director = director.index;
			message.directorBit = director.bit;
			message.known = director.known;
			message.sentMask = desk.listeners(director);
			message.partial = batch.partial;
			table.apply(batch, message);
			desk.applied(director, datagram.timeUs);
		}
	};

	const dissector = createDissector(options.dissector, {
		sync,
		advert(frame, advert) {
			tally.adverts++;
			const heard = placeTally(tally, frame.place);
			heard.vrrp++;
			if (frame.tagCount > 0 && isVlan(frame.tags[0]!)) {
				heard.vlan = frame.tags[0]!;
			}

			desk.advert(frame, segmentOf(frame), advert);
		},
		report(frame, report) {
			tally.reports++;
			if (!isOwn(frame)) {
				const segment = segmentOf(frame);
				desk.report(frame, segment, report, groups.kindOf(frame, segment, report));
			}
		},
		claim(frame, claim) {
			tally.claims++;
			placeTally(tally, frame.place).claims++;
			desk.claim(frame, segmentOf(frame), claim);
		},
		fault(fault) {
			tally.faults[fault]!++;
		},
		...(choice && {fragment: choice.fragment}),
	}, state.fragments);

	if (restored) {
		announceNames();
	}

	const begin = (timeUs: number, place: number) => {
		if (state.firstUs === 0) {
			state.firstUs = timeUs;
			state.heardSinceUs = timeUs;
		}

		state.packetUs = Math.max(state.packetUs, timeUs);
		tally.packets++;
		placeTally(tally, place).frames++;
		advance(timeUs);
	};

	return {
		sink: {
			packet(packet) {
				packet.timeUs = Math.max(earliestUs, packet.timeUs);
				begin(packet.timeUs, packet.place);
				dissector.packet(packet);
			},
			datagram(datagram) {
				begin(datagram.timeUs, datagram.place);
				dissector.datagram(datagram);
			},
			advance,
			clockJumped(place, timeUs, detail) {
				note(timeUs, events.source, {segment: state.places[place]?.name ?? '?', state: 'clock', detail});
			},
			remarked(timeUs, text) {
				note(timeUs, events.note, {text});
			},
			places(now) {
				for (const [index, place] of now.entries()) {
					const former = state.places[index];
					if (former && former.state !== place.state) {
						noteSource({segment: place.name, state: place.state, detail: place.detail});
					} else if (former && former.drops !== place.drops) {
						noteSource({segment: place.name, state: 'drops', drops: place.drops});
					}
				}

				state.places = now;
			},
		},
		state, table, tally, directors, segments,
		limits: limits.counts,
		failover: () => desk.failover(state.nowUs),
		places: () => state.places,
		firstUs: () => state.firstUs,
		lastPacketUs: () => state.packetUs,
		note,
		missed(fromUs, toUs) {
			advance(toUs);
			state.heardSinceUs = state.nowUs;
			note(state.nowUs, events.gap, {seconds: (toUs - fromUs) / secondUs, from: rfc3339(toWallUs(fromUs)), to: rfc3339(toWallUs(toUs))});
		},
		tell(listener) {
			onTold = listener;
		},
		settle() {
			table.expire(state.nowUs, {finish: true});
			desk.recount();
			tellLimits(true);
		},
	};
};
