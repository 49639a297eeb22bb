/*
Two directors that say what a test lets them say, as real frames through the whole engine. Times in seconds from the beginning.
*/
import {advertFrame, claimFrames, interfaceUpFrame, joinFrame, leaveFrame, syncFrame} from '../../source/demo/frames.js';
import {directorIdentities, groups, type DirectorIdentity} from '../../source/demo/network.js';
import {createChangeReader} from '../../source/table/changes.js';
import {createEntryVerdicts} from '../../source/verdict/fate.js';
import {type Pair, type Takeover} from '../../source/desk/facts/failover.js';
import {entryWords} from '../../source/table/entry.js';
import {type SentRecord} from '../../source/wire/sync/encode-sync.js';
import {type Packet} from '../../source/wire/packet.js';
import {createTestEngine} from '../support/replay-engine.js';

const beginUs = 1_795_305_600_000_000;
const us = 1_000_000;
const ethernet = 1;

/** The master of the beginning, and its backup; a third one, and a stranger. */
export const [dirA, dirB] = directorIdentities;
const further = (host: number, priority: number): DirectorIdentity => ({
	address: Int32Array.of((10 << 24) | (255 << 16) | host, 0, 0, 0), mac: [0, 0, 0x5e, 0, 0x53, host],
	linkLocal: Int32Array.of(0xfe_80_00_00, 0, 0x02_00_5e_ff, 0xfe_00_53_00 | host), priority,
});
export const dirC = further(4, 80);
export const addressOf = ({address}: DirectorIdentity): string => `10.255.0.${address[0]! & 0xff}`;

/** An established TCP session of client `number`. */
export const session = (number: number, given: Partial<SentRecord> = {}): SentRecord => ({
	family: 4, protocol: 6, flags: 3, state: 1, cport: 1024 + number, vport: 443, dport: 443, fwmark: 0, timeoutSeconds: 900,
	caddr: Int32Array.of(0xcb_00_71_09, 0, 0, 0), vaddr: Int32Array.of(0xc0_00_02_0a, 0, 0, 0), daddr: Int32Array.of(0x0a_09_00_0b, 0, 0, 0), ...given,
});

export const sessions = (from: number, to: number, given: Partial<SentRecord> = {}): SentRecord[] =>
	Array.from({length: to - from + 1}, (_, index) => session(from + index, given));

export const closing = {state: 4, timeoutSeconds: 120, flags: 0x1_03} as const;

export type Scene = ReturnType<typeof createScene>;

/** `aheadUs`: how far the wall clock is ahead of the time of the packets; `pairs`: directors by the configuration. */
export const createScene = ({aheadUs = 0, pairs = []}: {readonly aheadUs?: number; readonly pairs?: ReadonlyArray<readonly string[]>} = {}) => {
	const test = createTestEngine({toWallUs: timeUs => timeUs + aheadUs, pairs});
	const {engine, view, memory} = test;
	const reader = createChangeReader(memory);
	const identifications = new Map<string, number>();
	const events: Array<Record<string, unknown> & {event: string; seconds: number}> = [];
	const packet: Packet = {view: new DataView(new ArrayBuffer(0)), offset: 0, length: 0, originalLength: 0, timeUs: 0, linkType: ethernet, place: 0};
	let nowSeconds = 0;

	const emit = (seconds: number, frame: Uint8Array<ArrayBuffer>) => {
		nowSeconds = Math.max(nowSeconds, seconds);
		packet.view = new DataView(frame.buffer);
		packet.length = frame.length;
		packet.originalLength = frame.length;
		packet.timeUs = beginUs + Math.round(seconds * us);
		engine.sink.packet(packet);
	};

	const next = (key: string): number => {
		const identification = (identifications.get(key) ?? 0) + 1;
		identifications.set(key, identification);
		return identification;
	};

	const scene = {
		test,
		frame: emit,
		advert(seconds: number, director: DirectorIdentity, priority = director.priority) {
			emit(seconds, advertFrame(director, next(`advert ${addressOf(director)}`), priority));
		},
		/** One advert per second, ends included. */
		adverts(from: number, to: number, director: DirectorIdentity, priority = director.priority) {
			for (let seconds = from; seconds <= to; seconds++) {
				scene.advert(seconds, director, priority);
			}
		},
		/** Keepalived starts anew: it counts its adverts from 1. */
		restartKeepalived(director: DirectorIdentity) {
			identifications.delete(`advert ${addressOf(director)}`);
		},
		join(seconds: number, director: DirectorIdentity) {
			emit(seconds, joinFrame(director, groups.sync, groups.vrrp));
		},
		leave(seconds: number, director: DirectorIdentity) {
			emit(seconds, leaveFrame(director));
		},
		interfaceUp(seconds: number, director: DirectorIdentity) {
			emit(seconds, interfaceUpFrame(director));
		},
		/** It is master by its priority from now on: it advertises, and claims its addresses. */
		preempt(seconds: number, director: DirectorIdentity) {
			scene.advert(seconds, director);
			scene.claim(seconds + 0.01, director);
		},
		claim(seconds: number, director: DirectorIdentity) {
			for (const frame of claimFrames(director)) {
				emit(seconds, frame);
			}
		},
		sync(seconds: number, director: DirectorIdentity, records: readonly SentRecord[], sourcePort = 40_000, lost = 0) {
			for (let count = 0; count < lost; count++) {
				next(`sync ${addressOf(director)} ${sourcePort}`);
			}

			emit(seconds, syncFrame(director, sourcePort, next(`sync ${addressOf(director)} ${sourcePort}`), records));
		},
		/** Nothing is heard until then. */
		wait(until: number) {
			for (let seconds = Math.ceil(nowSeconds); seconds <= until; seconds++) {
				engine.sink.advance(beginUs + (seconds * us));
			}

			nowSeconds = Math.max(nowSeconds, until);
		},
		events(name?: string) {
			reader.read(change => {
				if (change.type === 'aside' && change.json !== undefined && !change.json.includes('"@')) {
					events.push({...JSON.parse(change.json) as {event: string}, seconds: (change.timeUs - beginUs) / us});
				}
			});
			return events.filter(({event}) => name === undefined || event === name);
		},
		pair(): Pair {
			return engine.failover().pairs[0]!;
		},
		takeover(): Takeover {
			return scene.pair().takeovers.at(-1)!;
		},
		directors: () => engine.directors.all(),
		/** Fate and account of each session by its number. */
		verdicts() {
			const failover = engine.failover();
			const verdicts = createEntryVerdicts(view.arrays, () => failover, () => view.now());
			const found = new Map<number, {fate: string; account: string | undefined; mark: string}>();
			view.each((words, at, slot) => {
				const row = view.row(slot)!;
				found.set(row.cport - 1024, {fate: verdicts.fate(words, slot * entryWords), account: verdicts.account(words, at), mark: verdicts.mark(words, at)});
			});
			return found;
		},
	};
	return scene;
};

/** A is master since 0, B listens since 1, and A announced sessions 1 to 10 at 5: it fell silent after its advert at 30. */
export const createCrashScene = (options?: Parameters<typeof createScene>[0]): Scene => {
	const scene = createScene(options);
	scene.advert(0, dirA);
	scene.join(1, dirB);
	scene.adverts(1, 4, dirA);
	scene.sync(5, dirA, sessions(1, 10));
	scene.adverts(5, 30, dirA);
	return scene;
};
