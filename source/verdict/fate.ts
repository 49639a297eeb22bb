/*
What the failover desk says of single entries: for rows, and for the filters `fate=` and `account=`. Works on the words of an entry,
live or a copy among the departed, so it costs a few tests per row.
*/
import {type Verdicts} from '../filter/names.js';
import {type Account, type Fate} from '../events/session-fields.js';
import {changeKind} from '../table/changes.js';
import {
	changeKindOf, entryAnnouncedBy, entryFlag, entryFlags, entryGeneration, entryLastMs, entryFirstMs, entryMark, entryMarks, entryPath, entryRank, entryRhythmSeconds, entrySent,
	entryTimeout, isOpenRank,
} from '../table/entry.js';
import {numberAt, pathAt, pathWords, serviceAt, serviceWords, type TableArrays} from '../table/memory.js';
import {type Failover, type Ground} from '../desk/facts/failover.js';
import {isOverdue} from '../desk/facts/rhythm.js';

/** What a row says of the last takeover: heard again, new since, only the old master's word, not known to the new one; '' otherwise. */
export type RowMark = 'confirmed' | 'new' | 'unheard' | 'unknown' | '';

export type EntryVerdicts = Verdicts & {
	mark(words: Int32Array, at: number): RowMark;
};

/** `failover` gives the latest; it is asked for each entry, so it should be a plain read. */
export const createEntryVerdicts = ({paths, services, numbers}: TableArrays, failover: () => Failover, nowUs: () => number): EntryVerdicts => {
	const groundOf = (words: Int32Array, at: number): Ground | undefined => {
		const path = entryPath(words, at) * pathWords;
		const segment = services[(paths[path]! * serviceWords) + serviceAt.segment];
		const syncid = paths[path + pathAt.origin]! & 0xff;
		return failover().grounds.find(ground => ground.segment === segment && (ground.syncids.length === 0 || ground.syncids.includes(syncid)));
	};

	const sinceOriginMs = (timeUs: number): number => Math.floor((timeUs - numbers[numberAt.originUs]!) / 1000);

	const fate = (words: Int32Array, at: number): Fate => {
		const ground = groundOf(words, at);
		if (!ground || ground.successorBit === -1 || (entryFlags(words, at) & entryFlag.template) !== 0) {
			return 'unknown';
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

		if (entryGeneration(words, at) === ground.generation) {
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

			if (entryGeneration(words, at) === ground.generation && entryLastMs(words, at) >= sinceOriginMs(ground.atUs)) {
				return entryFirstMs(words, at) >= sinceOriginMs(ground.atUs) ? 'new' : 'confirmed';
			}

			return (entryMarks(words, at) & entryMark.unknown) === 0 ? 'unheard' : 'unknown';
		},
	};
};
