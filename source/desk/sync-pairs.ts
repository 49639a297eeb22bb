import {othersAddress, type Director} from './facts/director.js';
import {type Pairs, type PairState} from './pairs.js';

/** The pair that a sender of sync belongs to by segment, group and sync id; undefined for one that nothing else ties to the pair of its id. */
export const createSyncPairs = (pairs: Pairs) => {
	/** Sync id and group by which a director was joined to its pair last. */
	const joinedBy: Array<{readonly group: string; readonly syncid: number}> = [];

	return (director: Director): PairState | undefined => {
		const {index, segment, group, port, syncid} = director;
		if (director.address === othersAddress) {
			return undefined;
		}

		const joined = joinedBy[index];
		if (joined?.group === group && joined.syncid === syncid) {
			return pairs.of(director);
		}

		const isStranger = director.instances.length === 0 && director.listeningSinceUs === 0 && director.listenedSinceUs === 0
			&& pairs.all().some(pair => pair.segment === segment && pair.vrids.length > 0 && pair.syncids.includes(syncid));
		if (isStranger) {
			return undefined;
		}

		joinedBy[index] = {group, syncid};
		const pair = pairs.join(director, `sync ${segment} ${group} ${syncid}`);
		pair.segment = segment;
		pair.group = group;
		pair.port = pair.port === 0 ? port : Math.min(pair.port, port);
		if (!pair.syncids.includes(syncid)) {
			pair.syncids = [...pair.syncids, syncid].toSorted((one, other) => one - other);
		}

		return pair;
	};
};
