import {type EventKind, type ValuesOfKind} from '../events/describe.js';
import {type Note} from '../events/told.js';
import {type Director} from './facts/director.js';
import {createEventLimit} from './event-limit.js';
import {type Moment} from './facts/failover.js';
import {type Limits} from './facts/limits.js';

/** Tells an event of these directors in the stream of changes and, in a few words, on the timeline. `brief`: instead of the kind's own. */
export type Tell = <Kind extends EventKind>(timeUs: number, kind: Kind, directors: readonly Director[], values: ValuesOfKind<Kind>, brief?: string) => void;

/** What the failover desk tells, within the bounds of what anyone on the link can make it tell. */
export type DeskEvents = {
	readonly tell: Tell;
	/** The same without the timeline. */
	add<Kind extends EventKind>(timeUs: number, kind: Kind, director: Director, values: ValuesOfKind<Kind>): void;
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
	const admit = <Kind extends EventKind>(timeUs: number, kind: Kind, director: Director | undefined, values: ValuesOfKind<Kind>): boolean => {
		const {told, onTimeline} = eventLimit.admit(kind, director?.known ? director.index : strangers, timeUs);
		if (told) {
			note(timeUs, kind, values);
		} else {
			limits.hit('events');
		}

		return told && onTimeline;
	};

	return {
		tell(timeUs, kind, directors, values, brief = kind.brief(values)) {
			if (admit(timeUs, kind, directors[0], values)) {
				timeline.push({timeUs, event: kind.name, directors: directors.map(({index}) => index), level: kind.level(values), text: brief});
				if (timeline.length > maxMoments) {
					timeline.shift();
				}
			}
		},
		add(timeUs, kind, director, values) {
			admit(timeUs, kind, director, values);
		},
		timeline: () => [...timeline],
	};
};
