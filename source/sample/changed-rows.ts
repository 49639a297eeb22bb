import {type Connection} from '../table/connection.js';
import {secondUs} from '../wire/second.js';

type Seen = {readonly firstUs: number; readonly state: number; readonly dport: number; readonly daddr: string; readonly changedUs: number};

const changedForUs = 2 * secondUs;

/** Tells which of the rows on the screen changed state or real server of late, by slot, from one call to the next. */
export const createChangedRows = () => {
	let seen = new Map<number, Seen>();

	return (rows: readonly Connection[], nowUs: number): ReadonlySet<number> => {
		const changed = new Set<number>();
		const next = new Map<number, Seen>();
		for (const {slot, firstUs, state, dport, daddr: words} of rows) {
			const former = seen.get(slot);
			const daddr = words.join(' ');
			const isSame = former?.firstUs === firstUs;
			const differs = isSame && (former.state !== state || former.dport !== dport || former.daddr !== daddr);
			const changedUs = differs ? nowUs : (isSame ? former.changedUs : -changedForUs);
			next.set(slot, {firstUs, state, dport, daddr, changedUs});
			if (nowUs - changedUs < changedForUs && changedUs > 0) {
				changed.add(slot);
			}
		}

		seen = next;
		return changed;
	};
};
