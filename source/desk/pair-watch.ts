import {events} from '../events/catalogue.js';
import {type Tell} from './desk-events.js';
import {type Director} from './facts/director.js';
import {type Directors} from './registry.js';
import {type PairState} from './pairs.js';
import {thresholds} from './facts/thresholds.js';

export type PairWatchParts = {
	readonly directors: Directors;
	readonly tell: Tell;
	/** Masters of virtual routers that still advertise. */
	masters(nowUs: number): ReadonlySet<Director>;
};

/** Of a pair that both send, both must have sent of late to go on being one. */
const stillBothUs = 60_000_000;

const sendersOf = (pair: PairState, nowUs: number, withinUs: number): Director[] =>
	pair.directors.filter(({lastSyncUs}) => lastSyncUs > 0 && nowUs - lastSyncUs <= withinUs);

/** What only time shows of a pair: that both directors serve for good, that one does not listen. To be called about twice a second. */
export const createPairWatch = ({directors, tell, masters}: PairWatchParts) => {
	const watchBothSending = (pair: PairState, nowUs: number) => {
		const senders = sendersOf(pair, nowUs, thresholds.noAdvertUs);
		const living = masters(nowUs);
		const isSplit = pair.split?.endUs === 0;
		if (isSplit || (senders.length < 2 && pair.directors.filter(director => living.has(director)).length < 2)) {
			pair.bothSinceUs = 0;
			pair.activeActive &&= senders.length > 0 && sendersOf(pair, nowUs, stillBothUs).length > 1;
			return;
		}

		pair.bothSinceUs ||= nowUs;
		if (!pair.activeActive && nowUs - pair.bothSinceUs >= thresholds.activeActiveUs) {
			pair.activeActive = true;
			tell(nowUs, events.director, senders, {address: senders.map(({address}) => address).join(' '), what: 'active-active'});
		}
	};

	/** A director that gave way, and whose joins are seen otherwise, but did not join. */
	const findDeaf = (pair: PairState, nowUs: number) => {
		for (const director of pair.directors) {
			if (director.listeningEvidence === 'vrrp' && director.joinSeen && nowUs - director.listeningSinceUs > thresholds.deafUs) {
				directors.isDeaf(director);
				tell(nowUs, events.director, [director], {address: director.address, what: 'deaf', evidence: 'it gave way, but joined no sync group'});
			}
		}
	};

	return (pair: PairState, nowUs: number) => {
		watchBothSending(pair, nowUs);
		findDeaf(pair, nowUs);
	};
};
