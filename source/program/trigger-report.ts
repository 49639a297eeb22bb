import {type TriggerLog, type TriggerOutcome, type TriggerTotals} from '../output/triggers/log.js';

/** One run, or several that did not take place, for stderr. */
export const outcomeLine = ({trigger, outcome, action, detail, cause, count}: TriggerOutcome): string =>
	`${trigger || 'triggers'}: ${outcome === 'dry-run' ? `${cause} would run` : `${outcome}${count > 1 ? ` ${count}` : ''}`}${action ? ` ${action}` : ''}${detail ? ` (${detail})` : ''}`;

const parts = (totals: TriggerTotals): string[] => ([
	['fired', 'fired'], ['ok', 'ok'], ['dryRun', 'dry run'], ['failed', 'failed'], ['timeout', 'timed out'], ['killed', 'ended by us'],
	['droppedByRate', 'beyond its rate'], ['droppedByQueue', 'not run, too many waited'],
	['unknownSender', 'held back, sender not known'], ['firstFill', 'held back, new to us only'],
] as const).filter(([name]) => totals[name] > 0).map(([name, words]) => `${totals[name]} ${words}`);

/** Why a trigger failed last, '' when it did not. */
const lastFailure = (log: TriggerLog, name: string): string => {
	const detail = log.recent().findLast(({trigger, outcome}) => trigger === name && outcome === 'failed')?.detail;
	return detail ? `; failed last with: ${detail}` : '';
};

/** A line for each trigger that did not simply run, for the end. */
export const triggerSummary = (log: TriggerLog): string[] => log.totals()
	.filter(totals => totals.ok < totals.fired || totals.unknownSender + totals.firstFill > 0)
	.map(totals => `${totals.name} (${totals.on}): ${parts(totals).join(', ')}${lastFailure(log, totals.name)}`);
