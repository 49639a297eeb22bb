import {entryLastMs, entryRhythmSeconds} from '../../table/entry.js';
import {thresholds} from './thresholds.js';

/**
Whether an inherited session is silent for longer than 50 client packets take it, by its own earlier rhythm: its mean interval between
announcements, or the silence that it already showed before the takeover if that was longer. A session announced only once has no
rhythm and is never overdue. Milliseconds since the table's origin.
*/
export const isOverdue = (words: Int32Array, at: number, takeoverMs: number, nowMs: number): boolean => {
	const rhythmMs = entryRhythmSeconds(words, at) * 1000;
	if (rhythmMs === 0) {
		return false;
	}

	const lastMs = entryLastMs(words, at);
	const needsMs = Math.max(rhythmMs, takeoverMs - lastMs) * thresholds.overdueRhythms;
	return nowMs - Math.max(lastMs, takeoverMs) > needsMs + (thresholds.overdueGraceUs / 1000);
};
