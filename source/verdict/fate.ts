/*
What the failover desk says of single entries: for rows, and for the filters `fate=` and `account=`. Works on the words of an entry,
live or a copy among the departed, so it costs a few tests per row.
*/
import {type Verdicts} from '../filter/names.js';
import {type Account, type Fate} from '../events/session-fields.js';
import {changeKind} from '../table/changes.js';
import {
	changeKindOf, entryAnnouncedBy, entryDirector, entryFlag, entryFlags, entryLastMs, entryFirstMs, entryMark, entryMarks, entryPath, entryRank, entryRhythmSeconds, entrySent,
	entryTimeout, isEstablishedRank, isOpenRank,
} from '../table/entry.js';
import {numberAt, pathWords, serviceAt, serviceWords, type TableArrays} from '../table/memory.js';
import {vipKey, type Failover, type Ground} from '../desk/facts/failover.js';
import {isOverdue} from '../desk/facts/rhythm.js';

/** What a row says of the last takeover: heard again, new since, only the old master's word, not known to the new one; '' otherwise. */
export type RowMark = 'confirmed' | 'new' | 'unheard' | 'unknown' | '';

type EntryVerdicts = Verdicts & {
	mark(words: Int32Array, at: number): RowMark;
};

/** `failover` gives the latest; it is asked for each entry, so it should be a plain read. */
export const createEntryVerdicts = ({paths, services, numbers}: TableArrays, failover: () => Failover, nowUs: () => number): EntryVerdicts => {
	/** Grounds by address, of the failover they were taken from, and by service: those are few, entries many. */
	let grounds = new Map<string, Ground>();
	let byService = new Map<number, Ground | undefined>();
	let of: Failover | undefined;

	const groundOf = (words: Int32Array, at: number): Ground | undefined => {
		const now = failover();
		if (now !== of) {
			of = now;
			grounds = new Map(now.grounds.flatMap(ground => ground.vips.map(vip => [`${ground.segment} ${vip}`, ground] as const)));
			byService = new Map();
		}

		const service = paths[entryPath(words, at) * pathWords]!;
		const known = byService.get(service);
		if (known || byService.has(service)) {
			return known;
		}

		const place = service * serviceWords;
		const ground = grounds.get(`${services[place + serviceAt.segment]} ${vipKey(services, place + serviceAt.vaddr)}`);
		byService.set(service, ground);
		return ground;
	};

	const sinceOriginMs = (timeUs: number): number => Math.floor((timeUs - numbers[numberAt.originUs]!) / 1000);

	/** The new master of the last takeover announced it since. */
	const isHeard = (words: Int32Array, at: number, {to, atUs}: Ground): boolean => entryDirector(words, at) === to && entryLastMs(words, at) >= sinceOriginMs(atUs);

	const fate = (words: Int32Array, at: number): Fate => {
		const ground = groundOf(words, at);
		if (!ground || (entryFlags(words, at) & entryFlag.template) !== 0) {
			return 'unknown';
		}

		const marks = entryMarks(words, at);
		// What is cut is TCP and SCTP: a flow of UDP that the new master does not know is scheduled anew, which is a risk.
		const isLost = (marks & entryMark.unknown) !== 0 && (marks & entryMark.held) !== 0 && isOpenRank(entryRank(words, at)) && !isHeard(words, at, ground);
		if (isLost) {
			return ground.isUnsure ? 'unknown' : (isEstablishedRank(entryRank(words, at)) ? 'reset' : 'risk');
		}

		if (ground.successorBit === -1) {
			return ground.isUnheard ? 'risk' : 'unknown';
		}

		const knows = entrySent(words, at) | (ground.successorOwn ? entryAnnouncedBy(words, at) : 0);
		return ((knows >>> ground.successorBit) & 1) === 1 && entryRhythmSeconds(words, at) <= entryTimeout(words, at) ? 'kept' : 'risk';
	};

	const account = (words: Int32Array, at: number): Account | undefined => {
		const marks = entryMarks(words, at);
		const ground = (marks & entryMark.held) === 0 ? undefined : groundOf(words, at);
		if (!ground || ground.takeover === -1) {
			return undefined;
		}

		if ((marks & entryMark.moved) !== 0) {
			return 'moved';
		}

		const kind = changeKindOf(words, at);
		const hasLeft = kind === changeKind.expired || kind === changeKind.ranout || kind === changeKind.evicted;
		if (!isOpenRank(entryRank(words, at))) {
			return 'closed';
		}

		if (hasLeft) {
			return 'ranout';
		}

		if (isHeard(words, at, ground)) {
			return 'heard';
		}

		return isOverdue(words, at, sinceOriginMs(ground.atUs), sinceOriginMs(nowUs())) ? 'overdue' : 'waiting';
	};

	return {
		fate,
		account,
		mark(words, at) {
			const ground = groundOf(words, at);
			if (!ground || ground.takeover === -1 || !isOpenRank(entryRank(words, at))) {
				return '';
			}

			if (isHeard(words, at, ground)) {
				return entryFirstMs(words, at) >= sinceOriginMs(ground.atUs) ? 'new' : 'confirmed';
			}

			return (entryMarks(words, at) & entryMark.unknown) === 0 ? 'unheard' : 'unknown';
		},
	};
};
