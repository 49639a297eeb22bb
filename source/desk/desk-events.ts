import {type Director} from './facts/director.js';
import {createEventLimit} from './event-limit.js';
import {type Moment} from './facts/failover.js';
import {type Limits} from './facts/limits.js';

/** Puts an event into the stream of changes. */
export type Note = (timeUs: number, event: string, fields: Readonly<Record<string, unknown>>) => void;

/** Tells an event in the stream of changes and, in a few words, on the timeline. */
export type Tell = (timeUs: number, event: string, level: Moment['level'], directors: readonly Director[], text: string, fields: Readonly<Record<string, unknown>>) => void;

/** What the failover desk tells, within the bounds of what anyone on the link can make it tell. */
export type DeskEvents = {
	readonly tell: Tell;
	/** The same without the timeline. */
	add(timeUs: number, event: string, director: Director, fields: Readonly<Record<string, unknown>>): void;
	/** Oldest first. */
	timeline(): readonly Moment[];
};

const maxMoments = 128;
/** All senders that are not known share what may be told of one. */
const strangers = -1;

export const createDeskEvents = (note: Note, limits: Limits): DeskEvents => {
	const eventLimit = createEventLimit();
	const timeline: Moment[] = [];

	/** Gives whether there is room for it on the timeline. */
	const admit = (timeUs: number, event: string, director: Director | undefined, fields: Readonly<Record<string, unknown>>): boolean => {
		const {told, onTimeline} = eventLimit.admit(event, director?.known ? director.index : strangers, timeUs);
		if (told) {
			note(timeUs, event, fields);
		} else {
			limits.hit('events');
		}

		return told && onTimeline;
	};

	return {
		tell(timeUs, event, level, directors, text, fields) {
			if (admit(timeUs, event, directors[0], fields)) {
				timeline.push({timeUs, event, directors: directors.map(({index}) => index), level, text});
				if (timeline.length > maxMoments) {
					timeline.shift();
				}
			}
		},
		add(timeUs, event, director, fields) {
			admit(timeUs, event, director, fields);
		},
		timeline: () => [...timeline],
	};
};
