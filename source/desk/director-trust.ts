import {nameKinds} from '../events/told.js';
import {type Advert} from '../wire/observation.js';
import {ownBits, sharedBit, type Director} from './facts/director.js';
import {type DirectorHooks} from './director-hooks.js';
import {type Limits} from './facts/limits.js';
import {thresholds} from './facts/thresholds.js';

/**
Senders that are known without the configuration, and those of them that one advert is enough for; a forger with as many
addresses as he likes gets no further. The others must advertise a second time.
*/
const maxKnown = 16;
const knownAtOnce = 8;

/** Bits that a group report alone can take; the others are for who advertises. */
const bitsOfListeners = 7;

/** Who of those heard is believed, and who gets a bit of its own in the masks of the entries. */
export type DirectorTrust = {
	/** It matters to the sessions: it listens, or is master. It gets a bit, if there is one left. */
	giveBit(director: Director, timeUs: number): void;
	/** It has sent sync since `firstSyncUs`. */
	bySync(director: Director, timeUs: number): void;
	/** Its advert vouches for it; the later ones must be there for half an interval at least. Gives whether it is known now. */
	byAdvert(director: Director, advert: Advert, timeUs: number): boolean;
	/** It listens: a bit is all that one gets by that, and few do. */
	byReport(director: Director, timeUs: number): void;
};

/** `trusted`: addresses that are known from their first word on. */
export const createDirectorTrust = (hooks: DirectorHooks, trusted: ReadonlySet<string>, limits: Limits): DirectorTrust => {
	let knownByWord = 0;
	let bitsTaken = 0;
	let bitsByReport = 0;
	let bitsOfTrusted = 0;

	const giveBit = (director: Director, timeUs: number) => {
		const isTrusted = trusted.has(director.address);
		// What the configuration names gets a bit whenever it is heard.
		if (director.bit === sharedBit && bitsTaken < (isTrusted ? ownBits : ownBits - Math.max(0, Math.min(trusted.size, bitsOfListeners) - bitsOfTrusted))) {
			bitsOfTrusted += isTrusted ? 1 : 0;
			director.bit = bitsTaken++;
			// Ahead of the first change whose masks have it.
			hooks.note(timeUs, nameKinds.bit, {index: director.index, address: director.address, bit: director.bit});
			hooks.assumeSent(director);
		}
	};

	const trust = (director: Director, timeUs: number) => {
		const isTrusted = trusted.has(director.address);
		if (!director.known && (isTrusted || knownByWord < maxKnown)) {
			knownByWord += isTrusted ? 0 : 1;
			giveBit(director, timeUs);
			director.known = true;
			// Ahead of what it says next: triggers believe only whom they know.
			hooks.note(timeUs, nameKinds.known, {index: director.index, address: director.address});
		}
	};

	return {
		giveBit,
		bySync(director, timeUs) {
			if (timeUs - director.firstSyncUs >= thresholds.knownAfterUs || trusted.has(director.address)) {
				trust(director, timeUs);
			}
		},
		byAdvert(director, advert, timeUs) {
			if (trusted.has(director.address) || knownByWord < knownAtOnce || (director.strangeAdvertUs > 0 && timeUs - director.strangeAdvertUs >= advert.intervalMs * 500)) {
				trust(director, timeUs);
			}

			if (!director.known) {
				director.strangeAdvertUs ||= timeUs;
				limits.hit('adverts');
			}

			return director.known;
		},
		byReport(director, timeUs) {
			if (director.bit === sharedBit && (director.known || trusted.has(director.address) || bitsByReport < bitsOfListeners)) {
				bitsByReport += director.known ? 0 : 1;
				giveBit(director, timeUs);
			}
		},
	};
};
