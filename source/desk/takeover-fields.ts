import {type events} from '../events/catalogue.js';
import {type ValuesOfKind} from '../events/describe.js';
import {rfc3339} from '../text/format.js';
import {takeoverOf, type TakeoverState} from './takeover-state.js';

const us = 1_000_000;

/** The fields of the event `takeover`. Times in it are the wall clock's. */
export const takeoverFields = (state: TakeoverState, toWallUs: (timeUs: number) => number): ValuesOfKind<typeof events.takeover> => {
	const {coverage, udp, kind, gapUs, ownKept, failBack, evidence, lostMessages, vrids, ownEvidence, advertUs, messageUs, fromPriority, toPriority} = takeoverOf(state);
	const plain = ({held, sent, own, known}: typeof coverage) => ({held, sent, own, known});
	return {
		kind, from: state.from.address, to: state.to.address, at: rfc3339(toWallUs(state.atUs)), gap: gapUs / us, ...plain(coverage), ownKept, failBack,
		evidence: [...evidence, ...(ownKept === 'none' ? [] : [ownEvidence])].join('; '), lostMessages, ...(vrids.length > 0 && {vrids, fromPriority, toPriority}),
		advert: advertUs === 0 ? undefined : rfc3339(toWallUs(advertUs)), message: messageUs === 0 ? undefined : rfc3339(toWallUs(messageUs)), udp: plain(udp),
	};
};

/** The fields of the event `takeover-account`. */
export const accountFields = (state: TakeoverState, nowUs: number, toWallUs: (timeUs: number) => number): ValuesOfKind<typeof events.takeoverAccount> => {
	const {coverage, udp, accounting, udpAccounting, ownKept, advertUs, messageUs, fromSyncUs} = takeoverOf(state);
	return {
		from: state.from.address, to: state.to.address, at: rfc3339(toWallUs(state.atUs)), age: Math.round((nowUs - state.atUs) / 1000) / 1000,
		held: coverage.held, known: coverage.known, ownKept, ...accounting, settled: state.settled,
		advert: advertUs === 0 ? undefined : rfc3339(toWallUs(advertUs)), message: messageUs === 0 ? undefined : rfc3339(toWallUs(messageUs)),
		...(fromSyncUs > 0 && {oldMasterSync: rfc3339(toWallUs(fromSyncUs))}),
		udp: {held: udp.held, known: udp.known, ...udpAccounting},
	};
};
