/*
What anyone on the link could make grow without end has a bound. What found no room is counted here under one of these names,
told as an event at most every ten seconds, and shown.
*/
import {secondUs} from '../../wire/second.js';

const texts = {
	senders: 'frames of senders beyond those that are told apart',
	adverts: 'adverts of senders beyond the first sixteen that are believed',
	segments: 'frames of VLANs beyond those that are told apart',
	addresses: 'virtual addresses in adverts beyond those that are remembered',
	routers: 'adverts of virtual routers beyond those that are followed',
	streams: 'messages of streams beyond those that are watched for gaps',
	joins: 'group reports that came too fast one after the other',
	takeovers: 'changes of the master that came too fast one after the other',
	events: 'events like others of the last seconds, left out',
} as const;

export type LimitName = keyof typeof texts;

export type LimitCount = {readonly name: LimitName; readonly count: number};

export type Limits = {
	/** Something found no room. */
	hit(name: LimitName): void;
	/** Tells what grew, when it is time for that, or at the end. */
	flush(nowUs: number, tell: (name: LimitName, count: number, detail: string) => void, isEnd?: boolean): void;
	/** So far, those that were ever hit. */
	counts(): readonly LimitCount[];
};

export const limitNames = Object.keys(texts) as readonly LimitName[];

/** Each is told at most once in so many seconds. */
export const limitsToldSeconds = 10;

export type LimitState = Map<LimitName, {
	count: number;
	/** So many were told of, the last time then. */
	told: number;
	toldUs: number;
}>;

export const createLimits = (totals: LimitState = new Map()): Limits => ({
	hit(name) {
		const total = totals.get(name);
		if (total) {
			total.count++;
		} else {
			totals.set(name, {count: 1, told: 0, toldUs: -Infinity});
		}
	},
	flush(nowUs, tell, isEnd = false) {
		for (const [name, total] of totals) {
			if (total.count > total.told && (isEnd || nowUs - total.toldUs >= limitsToldSeconds * secondUs)) {
				tell(name, total.count - total.told, texts[name]);
				total.told = total.count;
				total.toldUs = nowUs;
			}
		}
	},
	counts: () => [...totals].map(([name, {count}]) => ({name, count})),
});
