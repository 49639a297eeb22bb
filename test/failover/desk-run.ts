/*
Replays a capture and writes down what the failover desk said, and when: the events as they came, and for each takeover the whole
state ten seconds after it, which is what an operator reads then.
*/
import {createChangeReader} from '../../source/table/changes.js';
import {type Director} from '../../source/desk/facts/director.js';
import {type Failover, type Forecast, type Pair, type Takeover} from '../../source/desk/facts/failover.js';
import {aheadHeadline} from '../../source/verdict/headline.js';
import {verdictOf, type Verdict, type Words} from '../../source/verdict/verdict.js';
import {type Packet} from '../../source/wire/packet.js';
import {createTestEngine, replayInto, type TestEngine} from '../support/replay-engine.js';

export type DeskEvent = {readonly timeUs: number; readonly event: string; readonly [field: string]: unknown};

export type ReadTakeover = {
	readonly takeover: Takeover;
	readonly pair: Pair;
	readonly verdict: Verdict;
	readonly from: Director;
	readonly to: Director;
};

export type DeskRun = {
	readonly events: readonly DeskEvent[];
	/** Each takeover as it was shown ten seconds later. */
	readonly takeovers: readonly ReadTakeover[];
	/** At the end of the capture. */
	readonly failover: Failover;
	readonly directors: readonly Director[];
	readonly test: TestEngine;
};

const readAfterUs = 10_000_000;

/** Letters in the order in which directors were heard, UTC. */
export const plainWords: Words = {
	name: director => String.fromCodePoint(65 + director),
	clock: timeUs => new Date(timeUs / 1000).toISOString().slice(11, 21),
};

/** What would happen if the master died now, in the one line that the screen has for it. */
export const aheadLine = (pair: Pair, forecast: Forecast | undefined): string =>
	aheadHeadline({pair, forecast, takeover: undefined, lost: 0, sinceUs: 0, seesJoins: true}, {...plainWords, nowUs: 0}, 80).text;

/** Ethernet, IPv4 without options, UDP to the port of the sync daemon. */
const isSync = ({view, offset, length}: Packet): boolean =>
	length > 42 && view.getUint16(offset + 12) === 0x08_00 && view.getUint8(offset + 23) === 17 && view.getUint16(offset + 36) === 8848;

/** Takes down the events that come from now on. */
const createEventReader = ({memory}: TestEngine, take: (event: DeskEvent) => void): (() => void) => {
	const reader = createChangeReader(memory, {});
	return () => {
		reader.read(change => {
			if (change.type !== 'aside' || change.json === undefined) {
				return;
			}

			const fields = JSON.parse(change.json) as {event: string};
			if (!fields.event.startsWith('@')) {
				take({timeUs: change.timeUs, ...fields});
			}
		});
	};
};

/** The events of a capture, and nothing of what is shown. */
export const deskEventsOf = async (path: string): Promise<DeskEvent[]> => {
	const test = createTestEngine();
	const {sink} = test.engine;
	const events: DeskEvent[] = [];
	const readEvents = createEventReader(test, event => {
		events.push(event);
	});
	await replayInto({
		...sink,
		packet(packet) {
			sink.packet(packet);
			readEvents();
		},
	}, path);
	readEvents();
	return events;
};

/** A sink that stops the clock at `momentsUs` and at ten seconds after each takeover. */
export const runDesk = async (
	feed: (sink: TestEngine['engine']['sink']) => Promise<void> | void,
	{test = createTestEngine(), momentsUs = [], stop}: {test?: TestEngine; momentsUs?: readonly number[]; stop?: (momentUs: number, test: TestEngine) => void} = {},
): Promise<DeskRun> => {
	const {engine} = test;
	const {sink} = engine;
	const events: DeskEvent[] = [];
	const takeovers: ReadTakeover[] = [];
	const due: number[] = [...momentsUs];
	const wanted = new Map<number, number>();
	let seen = 0;

	const readEvents = createEventReader(test, event => {
		events.push(event);
		if (event.event === 'takeover') {
			wanted.set(seen++, event.timeUs + readAfterUs);
		}
	});

	const readTakeover = (order: number) => {
		const failover = engine.failover();
		const pair = failover.pairs.find(one => one.takeovers.some(({id}) => id === order))!;
		const takeover = pair.takeovers.find(({id}) => id === order)!;
		const directors = engine.directors.all();
		takeovers.push({
			takeover: structuredClone(takeover), pair: structuredClone(pair), verdict: verdictOf(takeover, takeover.atUs + readAfterUs, plainWords),
			from: structuredClone(directors[takeover.from]!), to: structuredClone(directors[takeover.to]!),
		});
	};

	const passUntil = (timeUs: number) => {
		for (const [order, momentUs] of wanted) {
			if (momentUs < timeUs) {
				sink.advance(momentUs);
				wanted.delete(order);
				readTakeover(order);
			}
		}

		while (due.length > 0 && due[0]! < timeUs) {
			const momentUs = due.shift()!;
			sink.advance(momentUs);
			stop?.(momentUs, test);
		}
	};

	await feed({
		...sink,
		packet(packet) {
			passUntil(packet.timeUs);
			sink.packet(packet);
			readEvents();
		},
	});
	passUntil(Infinity);
	readEvents();
	return {events, takeovers, failover: engine.failover(), directors: engine.directors.all(), test};
};

/** IGMP, and everything of IPv6 (MLD among it). */
const isReport = ({view, offset, length}: Packet): boolean =>
	length > 34 && (view.getUint16(offset + 12) === 0x86_dd || (view.getUint16(offset + 12) === 0x08_00 && view.getUint8(offset + 23) === 2));

/** What a host hears of a segment: sync alone by a joined socket; all but group reports behind a switch that keeps them from it. */
const heard = {sync: isSync, 'no-reports': (packet: Packet) => !isReport(packet), all: () => true} as const;

/** `skipSeconds`: listening begins so much later. */
export const runCapture = async (path: string, {only = 'all', skipSeconds = 0, ...options}: Parameters<typeof runDesk>[1] & {only?: keyof typeof heard; skipSeconds?: number} = {}): Promise<DeskRun> => runDesk(async sink => {
	let beginUs = 0;
	const pass = (packet: Packet) => {
		beginUs ||= packet.timeUs + (skipSeconds * 1e6);
		if (packet.timeUs >= beginUs && heard[only](packet)) {
			sink.packet(packet);
		}
	};

	await replayInto({...sink, packet: pass}, path);
}, options);
