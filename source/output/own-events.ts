import {events} from '../events/catalogue.js';
import {loggedEvent, type LoggedEvent} from '../events/told.js';
import {type TriggerOutcome} from './triggers/log.js';

/** Lines that wait to be written among the events. */
export type OwnEvents = {
	add(event: LoggedEvent): void;
	/** Everything since the last call. */
	take(): readonly LoggedEvent[];
};

/** More than these are of no use to anybody at once; the counts of triggers stay right. */
const mostWaiting = 10_000;

export const createOwnEvents = (): OwnEvents => {
	let waiting: LoggedEvent[] = [];
	return {
		add(event) {
			if (waiting.length < mostWaiting) {
				waiting.push(event);
			}
		},
		take() {
			const taken = waiting;
			waiting = [];
			return taken;
		},
	};
};

/** What became of a trigger's run, under the names of output. */
export const outcomeEvent = ({timeUs, trigger, action, outcome, detail, cause, seconds, count}: TriggerOutcome): LoggedEvent => loggedEvent(timeUs, events.trigger, {
	trigger,
	outcome,
	...(cause && {cause}),
	...(action && {action}),
	...(detail && {detail}),
	...(count > 1 && {count}),
	...(seconds > 0 && {seconds: Math.round(seconds * 1000) / 1000}),
});
