import {type TriggerCondition} from './condition.js';

/** Decides when the events that a trigger's filter lets through set it off. Times are microseconds of one timeline. */
export type TriggerWatch = {
	/** An event that passed: does it set off the trigger? */
	happened(timeUs: number): boolean;
	/**
	Time has passed; `sinceUs`: since when silence is evidence, undefined while it is none. Gives since when there was no event if
	that has just been for too long.
	*/
	passed(nowUs: number, sinceUs: number | undefined): number | undefined;
};

export const createTriggerWatch = ({kind, spanMs}: Pick<TriggerCondition, 'kind' | 'spanMs'>): TriggerWatch => {
	const spanUs = spanMs * 1000;
	let lastUs = -Infinity;
	let isSaid = false;

	return {
		happened(timeUs) {
			const isFirst = timeUs - lastUs >= spanUs;
			lastUs = timeUs;
			isSaid = false;
			return kind === 'each' || (kind === 'once' && isFirst);
		},
		passed(nowUs, sinceUs) {
			if (kind !== 'none' || isSaid || sinceUs === undefined) {
				return undefined;
			}

			const quietUs = Math.max(lastUs, sinceUs);
			if (nowUs - quietUs < spanUs) {
				return undefined;
			}

			isSaid = true;
			return quietUs;
		},
	};
};
