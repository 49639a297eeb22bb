/*
What is counted of the sessions for takeovers: what the new master knew of them at its moment, the marks by which they are found again,
and what became of them since. Each count is a pass over the table.
*/
import {numberAt, type TableArrays} from '../table/memory.js';
import {takeCensus, type CensusQuestion} from '../census/census.js';
import {countSent, markUnknown, takeCoverage, withoutSent, type FormerTakeover} from '../census/coverage.js';
import {sharedBit, type Director} from './facts/director.js';
import {expectationAfter} from './facts/expectation.js';
import {takesId} from './listening.js';
import {announcerOf, finderOf, ownerOf} from './owners.js';
import {keptAfter, noteWords} from './own-words.js';
import {successorsOf} from './pairs.js';
import {directorOf} from './registry.js';
import {type DeskState, type OwnerState, type TakeoverState} from './state.js';
import {addAccounts, noteAccounts, takeoverOf} from './takeover-facts.js';
import {countsOwn} from './survival.js';
import {type DeskContext} from './told.js';

/** Milliseconds since the table's origin. */
const sinceOriginMs = ({numbers}: TableArrays, timeUs: number): number => Math.floor((timeUs - numbers[numberAt.originUs]!) / 1000);

export const takeoverAt = ({takeovers}: DeskState, id: number): TakeoverState | undefined => takeovers.list.find(one => one.id === id);

/** It is certain what its new master did not know. */
const isSure = (state: DeskState, takeover: TakeoverState): boolean => expectationAfter(takeoverOf(state, takeover)).sureness === 'sure';

/** Marks the sessions held that its new master does not know. */
export const mark = ({state, table, reader}: DeskContext, takeover: TakeoverState): void => {
	const to = directorOf(state, takeover.to);
	markUnknown(finderOf(state), table.arrays, reader, {
		owners: new Set(takeover.owners), bit: to.bit, ownCounts: countsOwn(keptAfter(takeover.survival.kept, takeover.finding)), takes: syncid => !(takeover.isSentVoid && to.bit === sharedBit) && takesId(to, syncid), to: to.index, atMs: sinceOriginMs(table.arrays, takeover.atUs),
	});
};

/** Counts the whole table, for all addresses; takeovers and split brains that are not over get their figures. */
export const count = (desk: DeskContext, nowUs: number): void => {
	const {state, table: {arrays}, reader, counted} = desk;
	const toMs = (timeUs: number) => timeUs === 0 ? 0 : sinceOriginMs(arrays, timeUs);
	const questions = new Map<number, CensusQuestion>();
	const known = new Map<string, CensusQuestion>();
	for (const {id, server, takeover} of state.owners.list) {
		// Addresses of one server and one takeover are asked the same.
		const key = `${server} ${takeover}`;
		let question = known.get(key);
		if (!question) {
			const last = takeoverAt(state, takeover);
			const split = server === -1 ? undefined : state.splits.find(one => one.split.endUs === 0 && one.split.directors.includes(server))?.split;
			question = {
				listeners: server === -1 ? [] : successorsOf(desk, directorOf(state, server)).map(({bit, rejoinedUs}) => ({bit, rejoinedMs: toMs(rejoinedUs)})),
				takeoverMs: last ? toMs(last.atUs) : -1, to: last?.to ?? -1, messageMs: last ? toMs(directorOf(state, last.to).lastSyncUs) : 0, isSure: last !== undefined && isSure(state, last),
				split: split?.directors ?? [], splitBits: split?.directors.map(index => directorOf(state, index).bit) ?? [], splitMs: split ? toMs(split.sinceUs) : 0,
			};
			known.set(key, question);
		}

		questions.set(id, question);
	}

	counted.rows = takeCensus(finderOf(state), arrays, reader, questions, sinceOriginMs(arrays, nowUs));
	counted.countedUs = nowUs;
	for (const takeover of state.takeovers.list) {
		if (!takeover.settled) {
			const rows = counted.rows.filter(({owner}) => takeover.owners.includes(owner));
			noteAccounts(takeover, rows);
			const {finding} = takeover;
			noteWords(takeover, rows, takeover.owners.some(id => (announcerOf(ownerOf(state, id), takeover.to)?.lastUs ?? 0) > takeover.atUs));
			if (takeover.finding === 'kept' && finding !== 'kept') {
				// Its words show that it knows what nothing said before: the rows are to say so, too.
				mark(desk, takeover);
			}
		}
	}

	for (const one of state.splits) {
		if (one.split.endUs === 0) {
			one.split = {...one.split, onlyBy: one.split.directors.map((_director, index) => counted.rows.filter(({udp}) => !udp).reduce((total, {split}) => total + (split[index] ?? 0), 0))};
		}
	}
};

/** What was counted is out of date. */
export const invalidate = ({counted}: DeskContext): void => {
	counted.countedUs = 0;
};

/** Counts and marks the sessions of addresses that moved. */
export const cover = (desk: DeskContext, takeover: TakeoverState, owners: readonly OwnerState[], nowUs: number): void => {
	const {state, table: {arrays}, reader} = desk;
	const {bit, rejoinedUs} = directorOf(state, takeover.to);
	const former = new Map<number, FormerTakeover>();
	for (const {id, takeover: last} of owners) {
		const one = takeoverAt(state, last);
		if (one && one !== takeover) {
			former.set(id, {to: one.to, atMs: sinceOriginMs(arrays, one.atUs), isSure: isSure(state, one), isAtMost: takeoverOf(state, one).isAtMost});
		}
	}

	const counted = takeCoverage(finderOf(state), arrays, reader, {
		owners: new Set(owners.map(({id}) => id)), bit, rejoinedMs: rejoinedUs === 0 ? 0 : sinceOriginMs(arrays, rejoinedUs), former, nowMs: sinceOriginMs(arrays, nowUs),
	});
	// The bit that strangers share cannot be cleared for one of them.
	const rows = takeover.isSentVoid && bit === sharedBit ? counted.map(row => ({...row, counts: withoutSent(row.counts)})) : counted;
	takeover.services.push(...rows);
	addAccounts(takeover, rows);
	takeover.owners.push(...owners.map(({id}) => id));
	mark(desk, takeover);
};

/** Open TCP and SCTP sessions of these addresses that were announced while it may have listened. */
export const countSentOf = ({state, table: {arrays}, reader}: DeskContext, {bit}: Director, owners: readonly OwnerState[], nowUs: number): number =>
	countSent(finderOf(state), arrays, reader, new Set(owners.map(({id}) => id)), bit, sinceOriginMs(arrays, nowUs));
