/*
Several logs as one source, with live ones beside them: what lies behind merged by time, then what is written as it comes. Times are those of this
host; a log of another may be behind or ahead of it. What one log says cannot move the time of the others: nothing is later than now.
*/
import {type CaptureClock} from '../capture/clock.js';
import {createReplayTimeline} from '../capture/replay/timeline.js';
import {turn} from '../capture/slices.js';
import {type PacketSink, type PacketSource, type Place, type SourceEnd} from '../capture/source.js';
import {clockTime} from '../text/format.js';
import {secondUs} from '../wire/second.js';
import {complaintsOf, listSegments, LogError, readIndex} from './folder.js';
import {createLogItems, segmentsBefore, type LogItems} from './log-reader.js';
import {createLogClock, type LogClock} from './log-clock.js';
import {type LogSource} from './log-source.js';
import {differenceText, type DatedLog} from './recent.js';
import {type Aside, type SegmentItem} from './segment.js';
import {createSlicedDelivery, type SlicedDelivery} from './sliced-delivery.js';

/** One of the logs. */
export type MergedLog = DatedLog & {
	/** Goes before the names of its places. */
	readonly name: string;
	/** Follows what is written. Asked again when nothing came for some seconds. */
	readonly isWritten: (() => Promise<boolean>) | undefined;
};

export type MergedSourceOptions = {
	readonly logs: readonly MergedLog[];
	/** What came before is left out. */
	readonly fromUs: number;
	/** Nothing later is delivered, or not at once; infinite: all. */
	readonly untilUs: number;
	/** Goes at a pace and can be steered; stands at `untilUs` first. */
	readonly isPaced: boolean;
	readonly speed: number;
	readonly clock: CaptureClock;
	/** From the timeline to the wall clock, in microseconds. */
	wallOffsetUs(): number;
	/** Listened to as well, when the past has been read; its times are those of the timeline. */
	readonly beside: PacketSource | undefined;
	/** A remark of one log that is neither a frame nor about places nor a beat. */
	onAside(timeUs: number, log: string, aside: Aside): void;
};

const pollMs = 100;
/** A writer says something each second, and what it says may be some time on its way. */
const silentAfterUs = 5 * secondUs;
/** What is delivered before the source counts as open: so the first picture shows the present. */
const openingMs = 400;
/** Of one log; a hostile one may name thousands. */
const mostPlaces = 64;

/** A log while it is read. */
type Reading = MergedLog & {
	/** Undefined while nothing stands in it. */
	items: LogItems | undefined;
	readonly clock: LogClock;
	item: SegmentItem | undefined;
	/** Of that item, by the clock of this host. */
	timeUs: number;
	lastUs: number;
	/** Its places as it told them, and their numbers here. */
	told: readonly Place[];
	numbers: number[];
	heardUs: number;
	/** Since when nothing came; 0 while it speaks. */
	silentUs: number;
	isAlive: boolean;
	gone: string | undefined;
};

/** Of a log that has not said where it hears. */
const nowhere: Place = {name: '', state: 'opening', detail: '', drops: 0, sight: {sync: false, vrrp: false, arp: false, groupReports: false}, kind: 'log', address: ''};

/** Names of the logs, in a line. */
const titleOf = (names: readonly string[]): string => names.length > 4 ? `${names.length} logs` : `logs ${names.join(', ')}`;

export const createMergedSource = (options: MergedSourceOptions): LogSource => {
	const {logs, fromUs, untilUs, isPaced, speed, clock, beside, onAside} = options;
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<SourceEnd>();
	const timeline = isPaced ? createReplayTimeline(clock, speed, true) : undefined;
	const readings = logs.map((one): Reading => {
		const {log, differenceUs} = one;
		const [first] = segmentsBefore(log, fromUs - differenceUs);
		const number = first ?? log.numbers[0];
		const logClock = createLogClock(differenceUs);
		// The first beat of a segment comes some time after its first frame.
		logClock.beat((number === undefined ? undefined : readIndex(log.folder, number, log.owner)?.wallOffsetUs) ?? 0);
		return {
			...one, items: number === undefined ? undefined : createLogItems(log, number), clock: logClock, item: undefined, timeUs: 0, lastUs: 0, told: [], numbers: [],
			heardUs: clock.nowUs(), silentUs: 0, isAlive: one.isWritten !== undefined, gone: undefined,
		};
	});
	/** All places, by number: whose they are, and what they are called there. */
	const members: Array<{readonly owner: Reading | undefined; readonly name: string; place: Place}> = [];
	let isClosed = false;
	let isPresent = false;
	let lastUs = NaN;

	const tellPlaces = (to: PacketSink) => {
		to.places(members.map(({place}) => place));
	};

	/** What keeps a log from being heard, '' when nothing does. */
	const silenceOf = ({gone, silentUs, isAlive, isWritten, lastUs: spokeUs}: Reading): string => {
		if (!isWritten) {
			return isPresent ? 'nobody writes it: what it holds is of the past' : '';
		}

		return gone ?? (silentUs > 0 ? `${spokeUs === 0 ? 'nothing has come yet' : `nothing since ${clockTime(silentUs, false)}`}${isAlive ? '' : ', nobody writes it'}` : '');
	};

	/** Its number here; a log that names too many places has the last of them for the rest. */
	const numberOf = (reading: Reading, name: string, called: string): number => {
		const own = members.flatMap(({owner}, number) => owner === reading ? [number] : []);
		const known = own.find(number => members[number]!.name === name || members[number]!.name === '') ?? (own.length < mostPlaces ? undefined : own.at(-1));
		const number = known ?? members.length;
		const former = members[number];
		if (!former || former.name === '') {
			members[number] = {owner: reading, name, place: {...nowhere, name: called}};
		}

		return number;
	};

	const describe = (reading: Reading) => {
		const {name, told, isWritten, differenceUs} = reading;
		const silence = silenceOf(reading);
		const difference = differenceText(differenceUs);
		// A log that has said nothing yet has a place as well, so that it is named.
		for (const [index, one] of (told.length > 0 ? told : [nowhere]).entries()) {
			const number = numberOf(reading, one.name, one.name === '' || told.length === 1 ? name : `${name}:${one.name}`);
			reading.numbers[index] = number;
			members[number]!.place = {
				...one, name: members[number]!.place.name, detail: one.detail || difference,
				...(silence !== '' && {state: isWritten ? 'down' : 'ended', detail: silence}),
			};
		}
	};

	const hear = (reading: Reading, places: readonly Place[]) => {
		reading.told = places.slice(0, mostPlaces);
		reading.numbers = [];
		describe(reading);
	};

	/** The next item of a log that is wanted, kept until it is given. */
	const peek = (reading: Reading): boolean => {
		while (!reading.item && reading.items && reading.gone === undefined) {
			let next: SegmentItem | 'wait';
			try {
				next = reading.items.next();
			} catch (error) {
				if (!(error instanceof LogError)) {
					throw error;
				}

				reading.gone = error.message;
				return false;
			}

			if (next === 'wait') {
				return false;
			}

			if (next.kind === 'aside' && next.aside.beat !== undefined) {
				reading.clock.beat(next.aside.beat);
			}

			const nowUs = clock.nowUs();
			const timeUs = isPresent ? reading.clock.arrived(next.timeUs, nowUs) : reading.clock.read(next.timeUs);
			reading.timeUs = Math.max(reading.lastUs, Math.min(timeUs, nowUs));
			if (reading.timeUs >= fromUs) {
				reading.item = next;
			} else if (next.kind === 'aside' && next.aside.places) {
				// Where they are is told at the head of each segment.
				hear(reading, next.aside.places);
			}
		}

		return reading.item !== undefined;
	};

	/** The log whose item is the oldest, and how long it stays that. */
	let oldest: Reading | undefined;
	let oldestUntilUs = -Infinity;
	const choose = (): Reading | undefined => {
		if (oldest && peek(oldest) && oldest.timeUs <= oldestUntilUs) {
			return oldest;
		}

		oldest = undefined;
		oldestUntilUs = Infinity;
		for (const reading of readings) {
			if (peek(reading)) {
				if (!oldest || reading.timeUs < oldest.timeUs) {
					oldestUntilUs = oldest?.timeUs ?? Infinity;
					oldest = reading;
				} else {
					oldestUntilUs = Math.min(oldestUntilUs, reading.timeUs);
				}
			}
		}

		if (isPresent) {
			// Another may have something older by the next look.
			oldestUntilUs = -Infinity;
		}

		return oldest;
	};

	const give = (to: PacketSink) => {
		const reading = oldest!;
		const item = reading.item!;
		const {timeUs} = reading;
		reading.item = undefined;
		reading.lastUs = timeUs;
		lastUs = Math.max(lastUs || 0, timeUs);
		if (item.kind === 'aside') {
			const {places} = item.aside;
			if (places) {
				hear(reading, places);
				tellPlaces(to);
			}

			if (!isPresent) {
				to.advance(timeUs);
			}

			const {gap} = item.aside;
			onAside(timeUs, reading.name, gap === undefined ? item.aside : {...item.aside, gap: reading.clock.read(gap)});
			return;
		}

		const heard = item.kind === 'packet' ? item.packet : item.datagram;
		const place = reading.numbers[heard.place];
		if (place === undefined) {
			return;
		}

		heard.place = place;
		heard.timeUs = timeUs;
		if (item.kind === 'packet') {
			to.packet(item.packet);
		} else {
			to.datagram(item.datagram);
		}
	};

	const deliveryTo = (to: PacketSink) => createSlicedDelivery({
		nextUs: () => choose()?.timeUs,
		give() {
			give(to);
		},
		lastUs: () => lastUs,
		isClosed: () => isClosed,
	});

	const finish = () => {
		if (!isClosed) {
			isClosed = true;
			beside?.close();
			timeline?.end();
			for (const {items} of readings) {
				items?.close();
			}

			resolveEnded({problems: readings.flatMap(({log, gone}) => complaintsOf(log, gone))});
		}
	};

	/** None of a folder that cannot be read. */
	const segmentsIn = ({log: {folder}}: Reading): readonly number[] => {
		try {
			return listSegments(folder);
		} catch {
			return [];
		}
	};

	/** Names who fell silent, and who speaks again. */
	const watch = (to: PacketSink, reading: Reading, before: number) => {
		if (!reading.items) {
			const [first] = segmentsIn(reading);
			reading.items = first === undefined ? undefined : createLogItems(reading.log, first);
		}

		const nowUs = clock.nowUs();
		const hasSpoken = reading.lastUs !== before;
		if (hasSpoken) {
			reading.heardUs = nowUs;
			reading.isAlive = true;
		}

		const isSilent = reading.gone !== undefined || nowUs - reading.heardUs > silentAfterUs;
		if (isSilent !== reading.silentUs > 0) {
			reading.silentUs = isSilent ? reading.lastUs || nowUs : 0;
			describe(reading);
			tellPlaces(to);
			if (isSilent) {
				void reading.isWritten?.().then(isWritten => {
					if (reading.silentUs > 0 && isWritten !== reading.isAlive) {
						reading.isAlive = isWritten;
						describe(reading);
						tellPlaces(to);
					}
				});
			}
		}
	};

	const follow = async (to: PacketSink, {deliver}: SlicedDelivery): Promise<void> => {
		isPresent = true;
		oldestUntilUs = -Infinity;
		for (const reading of readings) {
			reading.heardUs = clock.nowUs();
			describe(reading);
		}

		tellPlaces(to);
		while (!isClosed) {
			const before = readings.map(reading => reading.lastUs);
			while (deliver(untilUs) === 'slice') {
				await turn();
			}

			to.advance(clock.nowUs());
			for (const [index, reading] of readings.entries()) {
				if (reading.isWritten) {
					watch(to, reading, before[index]!);
				}
			}

			await new Promise<void>(resolve => {
				clock.after(pollMs, resolve);
			});
		}
	};

	const isFollowed = beside !== undefined || logs.some(({isWritten}) => isWritten);

	const run = async (to: PacketSink, delivery: SlicedDelivery): Promise<void> => {
		if (timeline) {
			await timeline.run(delivery, to, Number.isFinite(untilUs) ? untilUs : (lastUs || 0));
			return;
		}

		const isLater = await delivery.deliverUpTo(untilUs);
		if (isLater || Number.isFinite(untilUs)) {
			to.advance(untilUs);
		} else if (isFollowed && !isClosed) {
			await follow(to, delivery);
		}
	};

	/** Its places come behind those of the logs, and new ones behind all. */
	const listenBeside = async (to: PacketSink, source: PacketSource) => {
		const numbers: number[] = [];
		const lend = <Item extends {place: number}>(item: Item, deliver: (item: Item) => void) => {
			const {place} = item;
			item.place = numbers[place] ?? place;
			deliver(item);
			item.place = place;
		};

		await source.start({
			...to,
			packet(packet) {
				lend(packet, to.packet);
			},
			datagram(datagram) {
				lend(datagram, to.datagram);
			},
			places(places) {
				for (const [number, place] of places.entries()) {
					if (numbers[number] === undefined) {
						members.push({owner: undefined, name: place.name, place});
						numbers[number] = members.length - 1;
					} else {
						members[numbers[number]] = {owner: undefined, name: place.name, place};
					}
				}

				tellPlaces(to);
			},
		});
	};

	return {
		get description() {
			return `${titleOf(logs.map(({name}) => name))}${beside ? ` + ${beside.description}` : ''}`;
		},
		pace: isPaced ? 'paced' : 'packet',
		ended,
		get ownAddresses() {
			return beside?.ownAddresses ?? [];
		},
		...(timeline && {controls: timeline.controls}),
		wallOffsetUs: () => isPresent ? options.wallOffsetUs() : 0,
		isFollowing: () => !isPaced && isFollowed && !isClosed && (beside !== undefined || readings.some(({isAlive, gone}) => isAlive && gone === undefined)),
		async start(to) {
			const delivery = deliveryTo(to);
			for (const reading of readings) {
				describe(reading);
			}

			tellPlaces(to);
			if (beside) {
				// Its rights are given back when this has started: so the past comes first, and wholly.
				await delivery.deliverUpTo(untilUs);
				await listenBeside(to, beside);
				void beside.ended.then(({problems}) => {
					for (const problem of problems) {
						readings[0]!.log.problems.push(problem);
					}
				});
			} else if (!Number.isFinite(untilUs)) {
				const untilMs = performance.now() + openingMs;
				while (delivery.deliver(untilUs) === 'slice' && (timeline || performance.now() < untilMs)) {
					await turn();
				}
			}

			void turn().then(async () => run(to, delivery)).finally(finish);
		},
		close: finish,
	};
};
