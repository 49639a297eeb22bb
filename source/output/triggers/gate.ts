import {isKind, nameKinds, type AnyTold} from '../../events/told.js';
import {type SessionChange} from '../../table/changes.js';
import {entryDirector} from '../../table/entry.js';
import {secondUs} from '../../wire/second.js';

/*
Anyone on the link can make events: the sync protocol has no authentication. So a trigger fires only for what known senders
say (in VRRP, in the configuration, or heard for a minute), and not for sessions that are new to us alone.
*/

/** Why an event sets off no trigger. */
export type Hold = 'unknown-sender' | 'first-fill';

/**
A monitor that has just started takes every session that it hears of for a new one: 79 % of a table had been announced after 68 s
as seen, since a connection is announced again every 50 packets. The same goes for a director that is heard for the first time.
So `new` counts from two minutes after we began to listen and two minutes after its director was first heard.
*/
const firstFillUs = 120 * secondUs;

type TriggerGate = {
	/** Takes names out of the stream of changes. */
	learn(told: AnyTold, timeUs: number): void;
	/** A director as the last status has it. */
	meet(director: {readonly index: number; readonly address: string; readonly firstUs: number; readonly known: boolean}): void;
	/** Addresses of directors that the configuration names. */
	trust(addresses: ReadonlySet<string>): void;
	/** When we began to listen, by the table's clock. */
	listens(sinceUs: number): void;
	ofSession(change: SessionChange): Hold | undefined;
	ofDirector(index: number): Hold | undefined;
	/** Of an event that is not about one session. What names no sender comes from this program itself. */
	ofTold(told: AnyTold): Hold | undefined;
	/** Since when there is a known director, undefined while there is none. */
	knownSinceUs(): number | undefined;
};

/** Who says what an event tells: the new master of a takeover, or the director that it is about. */
const speakersOf = ({to, director, address, directors}: AnyTold): string[] =>
	[to ?? director ?? address ?? directors ?? []].flat().map(String);

export const createTriggerGate = (): TriggerGate => {
	let trusted: ReadonlySet<string> = new Set();
	const addresses: string[] = [];
	const heardUs: number[] = [];
	const known = new Set<number>();
	let listeningUs: number | undefined;
	let knownUs: number | undefined;
	let latestUs = 0;

	const know = (index: number) => {
		known.add(index);
		knownUs ??= latestUs;
	};

	const isKnown = (index: number): boolean => known.has(index) || trusted.has(addresses[index] ?? '');
	const ofDirector = (index: number): Hold | undefined => isKnown(index) ? undefined : 'unknown-sender';

	return {
		learn(told, timeUs) {
			latestUs = timeUs;
			listeningUs ??= timeUs;
			if (isKind(told, nameKinds.director)) {
				addresses[told.index] = told.address;
				heardUs[told.index] = timeUs;
				knownUs ??= trusted.has(told.address) ? timeUs : undefined;
			} else if (isKind(told, nameKinds.known)) {
				addresses[told.index] = told.address;
				know(told.index);
			}
		},
		meet({index, address, firstUs, known: isTrusted}) {
			addresses[index] ??= address;
			heardUs[index] ??= firstUs;
			if (isTrusted) {
				know(index);
			}

			knownUs ??= trusted.has(address) ? latestUs : undefined;
		},
		trust(some) {
			trusted = some;
		},
		listens(sinceUs) {
			listeningUs = sinceUs;
		},
		ofSession(change) {
			const {type, timeUs, words} = change;
			latestUs = timeUs;
			const director = entryDirector(words, 0);
			const sinceUs = Math.max(listeningUs ?? timeUs, heardUs[director] ?? timeUs);
			return ofDirector(director) ?? (type === 'new' && timeUs - sinceUs < firstFillUs ? 'first-fill' : undefined);
		},
		ofDirector,
		ofTold(told) {
			const speaks = (address: string) => trusted.has(address) || addresses.some((one, index) => one === address && known.has(index));
			return speakersOf(told).every(address => speaks(address)) ? undefined : 'unknown-sender';
		},
		knownSinceUs: () => knownUs,
	};
};
