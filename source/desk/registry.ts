/*
Who was heard: which frames come from the same director, by its addresses and the MAC that it used last; who of those is believed; who
gets a bit of its own in the masks of the entries.
*/
import {nameKinds} from '../events/told.js';
import {formatAddress} from '../wire/address.js';
import {type Advert, type FrameInfo} from '../wire/observation.js';
import {secondUs} from '../wire/second.js';
import {createDirector, isNear, maxDirectors, othersAddress, ownBits, ownersOfBit, sharedBit, type Director} from './facts/director.js';
import {thresholds} from './facts/thresholds.js';
import {type DeskState, type Quota, type RegistryState} from './state.js';
import {type DeskContext} from './told.js';

/** So many senders of one place are told apart at their first word; later ones must speak twice. No segment has as many directors. */
const atFirstWord = 64;
/** Where several places are listened to, one of them gets no more numbers: a forger in one site leaves the others theirs. */
const maxOfPlace = maxDirectors / 2;
/** An address of the configuration is believed in so many segments; a forger can name a thousand VLANs. */
const maxSegmentsOfTrusted = 4;
/** Hosts whose reports are remembered before anything else is known of them. */
const maxStrangers = 1024;
/** More addresses than a director has; a forger's stay out. */
const maxAddresses = 8;

/**
Senders of one place that are known without the configuration, and those of them that one advert is enough for; a forger with as many
addresses as he likes gets no further. The others must advertise a second time.
*/
const maxKnown = 16;
const knownAtOnce = 8;
/** Bits of one place that a group report alone can take; the others are for who advertises. */
const bitsOfListeners = 7;

const quotaOf = ({quotas}: RegistryState, {place}: Pick<Director, 'place'>): Quota => {
	while (quotas.length <= place) {
		quotas.push({known: 0, byReport: 0, ofTrusted: 0});
	}

	return quotas[place]!;
};

export const directorOf = ({registry}: DeskState, index: number): Director => registry.directors[index]!;

export const macText = (high: number, low: number): string => {
	if (high < 0) {
		return '';
	}

	const hex = (high & 0xff_ff).toString(16).padStart(4, '0') + (low >>> 0).toString(16).padStart(8, '0');
	return hex.match(/../gv)!.join(':');
};

/** 00:00:5e:00:01:VRID and 00:00:5e:00:02:VRID belong to whoever is master (RFC 5798 7.3). */
export const isVirtualMac = (high: number, low: number): boolean => high === 0 && ((low >>> 16) === 0x5e_00) && (((low >>> 8) & 0xff) === 1 || ((low >>> 8) & 0xff) === 2);

const macKey = (place: number, high: number, low: number): string => `${place} ${high & 0xff_ff} ${low >>> 0}`;

const hasMac = ({sourceMacHigh, sourceMacLow}: FrameInfo): boolean => sourceMacHigh >= 0 && !isVirtualMac(sourceMacHigh, sourceMacLow);

/** The one that uses this MAC, heard at this place; undefined for a MAC of nobody we know, or of whoever is master. */
export const directorOfMac = ({registry: {byMac, directors}}: DeskState, place: number, high: number, low: number): Director | undefined => {
	const index = byMac.get(macKey(place, high, low));
	return index === undefined ? undefined : directors[index];
};

const bits = 18;
/** Places of those that spoke of late. */
export const secondWords = 2 ** bits;
/** A copy by another interface is no second word; after a minute it counts as a first one again. */
const leastUs = 100_000;
const longestUs = 60 * secondUs;
/** A first word keeps its place for so long: two adverts of the default interval. */
const keptUs = 2 * secondUs;

/**
Whether a sender has spoken before, of late. A flood from addresses that never come again is told by that from a director that
has just come up, however many there are: 3 MB remember some 100 000 senders a second.
*/
const isSecondWord = (registry: RegistryState, {source, timeUs}: FrameInfo, segment: number): boolean => {
	registry.secondWord ??= {hashes: new Int32Array(secondWords), times: new Float64Array(secondWords)};
	const {hashes, times} = registry.secondWord;
	let hash = Math.imul(segment + 1, 0x9e_37_79_b1);
	for (const word of source) {
		hash = Math.imul(hash ^ (hash >>> 15) ^ word, 0x85_eb_ca_6b);
	}

	hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
	const place = hash >>> (32 - bits);
	const age = Math.abs(timeUs - times[place]!);
	if (hashes[place] === hash && age < longestUs) {
		return age >= leastUs;
	}

	if (age >= keptUs) {
		hashes[place] = hash;
		times[place] = timeUs;
	}

	return false;
};

/**
The newest frame names address and MAC together. A MAC that is another director's stays that one's: a single frame in somebody
else's name must not take it away.
*/
const learnMac = (state: DeskState, director: Director, frame: FrameInfo): void => {
	const {registry} = state;
	const {sourceMacHigh: high, sourceMacLow: low} = frame;
	if ((director.macHigh === high && director.macLow === low) || !hasMac(frame) || director.index === registry.others) {
		return;
	}

	const key = macKey(frame.place, high, low);
	const owner = registry.byMac.get(key);
	if (owner !== undefined && owner !== director.index) {
		return;
	}

	director.mac = macText(high, low);
	director.macHigh = high;
	director.macLow = low;
	registry.byMac.set(key, director.index);
	director.interfaceUpUs = Math.max(director.interfaceUpUs, registry.upTimes.get(key) ?? 0);
	registry.upTimes.delete(key);
	director.joinsVrrp ||= registry.vrrpMembers.delete(key);
	// Claims that came before this MAC was known to be a director's.
	for (const {segment, claim, conflict} of state.owners.list) {
		if (segment === director.segment && claim?.director === -1 && claim.mac === director.mac) {
			claim.director = director.index;
		}

		if (conflict?.director === -1 && conflict.mac === director.mac) {
			conflict.director = director.index;
		}
	}
};

const sameByMac = ({registry}: DeskState, frame: FrameInfo, address: string, kind: string): Director | undefined => {
	const index = hasMac(frame) ? registry.byMac.get(macKey(frame.place, frame.sourceMacHigh, frame.sourceMacLow)) : undefined;
	if (index === undefined) {
		return undefined;
	}

	// A kernel reports groups from the address that its sync comes from.
	const from = registry.said.get(`${index} ${kind === 'report' ? 'sync' : kind} ${frame.family}`);
	return from === undefined || from === address ? registry.directors[index] : undefined;
};

/** Whether a new sender gets a number of its own: anyone on the link can make up addresses, and the real ones must find room. */
const mayEnter = ({state: {registry}, trusted}: DeskContext, frame: FrameInfo, segment: number, address: string): boolean => {
	const {directors, trustedHeard} = registry;
	// The last number belongs to all others.
	const free = maxDirectors - (registry.others === -1 ? 1 : 0) - directors.length;
	const heard = trustedHeard.get(address) ?? 0;
	if (trusted.has(address) && heard < maxSegmentsOfTrusted) {
		trustedHeard.set(address, heard + 1);
		return free > 0;
	}

	if (free <= Math.min(trusted.size, atFirstWord) - trustedHeard.size) {
		return false;
	}

	const here = directors.reduce((count, {place}) => count + (place === frame.place ? 1 : 0), 0);
	return here < atFirstWord || ((here === directors.length || here < maxOfPlace) && isSecondWord(registry, frame, segment));
};

const create = (desk: DeskContext, frame: FrameInfo, segment: number, address: string): Director => {
	const {state: {registry, pairs}, limits} = desk;
	const add = (text: string): Director => {
		const director = createDirector(registry.directors.length, segment, frame.place, text, frame.family, frame.timeUs);
		registry.directors.push(director);
		pairs.parents.push(director.index);
		return director;
	};

	if (mayEnter(desk, frame, segment, address)) {
		return add(address);
	}

	limits.hit('senders');
	if (registry.others === -1) {
		registry.others = add(othersAddress).index;
	}

	return registry.directors[registry.others]!;
};

const find = (desk: DeskContext, frame: FrameInfo, segment: number, kind: string, ahSpi: number): Director => {
	const {state, aliases} = desk;
	const {registry} = state;
	const {source, family} = frame;
	const address = formatAddress(source, 0, family);
	const canonical = aliases.get(address);
	const known = (canonical === undefined ? undefined : registry.directors.find(one => one.address === canonical || aliases.get(one.address) === canonical))
		?? sameByMac(state, frame, address, kind)
		?? (ahSpi === 0 ? undefined : registry.directors[registry.byAddress.get(`${segment} ${ahSpi | 0} 0 0 0`) ?? -1]);
	if (known && known.address !== address && !known.otherAddresses.includes(address)) {
		if (known.otherAddresses.length >= maxAddresses) {
			return known;
		}

		known.otherAddresses.push(address);
	}

	const director = known ?? create(desk, frame, segment, address);
	if (director.index !== registry.others) {
		registry.byAddress.set(`${segment} ${source[0]} ${source[1]} ${source[2]} ${source[3]}`, director.index);
	}

	return director;
};

/**
The director that a frame comes from, made when it is new: by its address; by a further address of the configuration; then by its MAC, if
that director has not said the same kind of thing from another address of this family; then by the index in the AH header, which keepalived
fills with the sender's IPv4 address. One for all that are not told apart has the address `others`.
*/
export const identify = (desk: DeskContext, frame: FrameInfo, segment: number, kind: 'sync' | 'advert' | 'report', ahSpi = 0): Director => {
	const {state} = desk;
	const {registry} = state;
	const {source, family, timeUs} = frame;
	const {last} = registry;
	if (last.director !== -1 && last.segment === segment && last.kind === kind && last.family === family && last.macHigh === frame.sourceMacHigh && last.macLow === frame.sourceMacLow
		&& last.words[0] === source[0] && last.words[1] === source[1] && last.words[2] === source[2] && last.words[3] === source[3]) {
		const same = registry.directors[last.director]!;
		same.lastUs = Math.max(same.lastUs, timeUs);
		return same;
	}

	const index = registry.byAddress.get(`${segment} ${source[0]} ${source[1]} ${source[2]} ${source[3]}`);
	const director = index === undefined ? find(desk, frame, segment, kind, ahSpi) : registry.directors[index]!;
	director.lastUs = Math.max(director.lastUs, timeUs);
	if (director.index === registry.others) {
		return director;
	}

	const saidKey = `${director.index} ${kind} ${family}`;
	if (!registry.said.has(saidKey)) {
		registry.said.set(saidKey, formatAddress(source, 0, family));
	}

	learnMac(state, director, frame);
	last.director = director.index;
	last.segment = segment;
	last.kind = kind;
	last.family = family;
	last.macHigh = frame.sourceMacHigh;
	last.macLow = frame.sourceMacLow;
	for (let word = 0; word < 4; word++) {
		last.words[word] = source[word]!;
	}

	return director;
};

/** The host of this frame's MAC is in the group of VRRP; it may become known as a director only later. */
export const joinsVrrp = ({registry}: DeskState, frame: FrameInfo): void => {
	if (!hasMac(frame)) {
		return;
	}

	const key = macKey(frame.place, frame.sourceMacHigh, frame.sourceMacLow);
	const index = registry.byMac.get(key);
	if (index !== undefined) {
		registry.directors[index]!.joinsVrrp = true;
	} else if (registry.vrrpMembers.size < maxStrangers) {
		registry.vrrpMembers.add(key);
	}
};

/** An interface came up at this MAC: a report that memberships changed. */
export const cameUp = ({registry}: DeskState, frame: FrameInfo): void => {
	if (!hasMac(frame)) {
		return;
	}

	const key = macKey(frame.place, frame.sourceMacHigh, frame.sourceMacLow);
	const index = registry.byMac.get(key);
	if (index === undefined) {
		if (registry.upTimes.size < maxStrangers || registry.upTimes.has(key)) {
			registry.upTimes.set(key, frame.timeUs);
		}

		return;
	}

	// A new master adds its virtual addresses, and Linux reports its groups anew: what is known of its boot stays.
	const director = registry.directors[index]!;
	if (director.masterSinceUs === 0 && frame.timeUs - director.interfaceUpUs > thresholds.sameReportUs) {
		director.interfaceUpUs = frame.timeUs;
	}
};

/**
The lowest bit that nobody has; when there is none, one that nobody has who is near, so that no entry's masks need it for both. `sharedBit` where
`most` are taken.
*/
const freeBit = ({directors}: RegistryState, director: Director, most: number): number => {
	const taken = new Set(directors.map(({bit}) => bit));
	const takenNear = new Set(directors.filter(one => isNear(one, director)).map(({bit}) => bit));
	const free = Array.from({length: ownBits}, (_, bit) => bit).filter(bit => !takenNear.has(bit));
	return ownBits - free.length >= most ? sharedBit : free.find(bit => !taken.has(bit)) ?? free[0]!;
};

/** Which owners' entries have the bit of this director for it. Nobody can say it of entries of senders that are not told apart. */
export const entriesOf = ({registry: {directors, others}}: DeskState, director: Director): (owner: number) => boolean => {
	const isIts = ownersOfBit(director, directors);
	return owner => owner === others || isIts(directors[owner]);
};

/** It matters to the sessions: it listens, or serves. It gets a bit, if there is one left. */
export const giveBit = ({state: {registry}, trusted, note, table}: DeskContext, director: Director, timeUs: number): void => {
	if (director.bit !== sharedBit) {
		return;
	}

	const quota = quotaOf(registry, director);
	const isTrusted = trusted.has(director.address);
	// What the configuration names gets a bit whenever it is heard.
	director.bit = freeBit(registry, director, isTrusted ? ownBits : ownBits - Math.max(0, Math.min(trusted.size, bitsOfListeners) - quota.ofTrusted));
	if (director.bit !== sharedBit) {
		quota.ofTrusted += isTrusted ? 1 : 0;
		// Ahead of the first change whose masks have it.
		note(timeUs, nameKinds.bit, {index: director.index, address: director.address, bit: director.bit, place: director.place, segment: director.segment});
		// What was announced in its segment since we listen may have been sent to it.
		table.copySent(sharedBit, director.bit, director.segment, director.index);
	}
};

const trust = (desk: DeskContext, director: Director, timeUs: number): void => {
	const {state: {registry}, trusted, note} = desk;
	const isTrusted = trusted.has(director.address);
	const quota = quotaOf(registry, director);
	if (!director.known && (isTrusted || quota.known < maxKnown)) {
		quota.known += isTrusted ? 0 : 1;
		giveBit(desk, director, timeUs);
		director.known = true;
		// Ahead of what it says next: triggers believe only whom they know.
		note(timeUs, nameKinds.known, {index: director.index, address: director.address});
	}
};

/** It has sent sync since `firstSyncUs`. */
export const trustBySync = (desk: DeskContext, director: Director, timeUs: number): void => {
	if (!director.known && (timeUs - director.firstSyncUs >= thresholds.knownAfterUs || desk.trusted.has(director.address))) {
		trust(desk, director, timeUs);
	}
};

/** Its advert vouches for it; the later ones must be there for half an interval at least. Gives whether it is known now. */
export const trustByAdvert = (desk: DeskContext, director: Director, advert: Advert, timeUs: number): boolean => {
	if (director.known) {
		return true;
	}

	if (desk.trusted.has(director.address) || quotaOf(desk.state.registry, director).known < knownAtOnce || (director.strangeAdvertUs > 0 && timeUs - director.strangeAdvertUs >= advert.intervalMs * 500)) {
		trust(desk, director, timeUs);
	}

	if (!director.known) {
		director.strangeAdvertUs ||= timeUs;
		desk.limits.hit('adverts');
	}

	return director.known;
};

/** It listens: a bit is all that one gets by that, and few do. */
export const trustByReport = (desk: DeskContext, director: Director, timeUs: number): void => {
	const quota = quotaOf(desk.state.registry, director);
	if (director.bit === sharedBit && (director.known || desk.trusted.has(director.address) || quota.byReport < bitsOfListeners)) {
		quota.byReport += director.known ? 0 : 1;
		giveBit(desk, director, timeUs);
	}
};

/** Means are of the last so many seconds, roughly. */
const meanSeconds = 10;

/** Keeps messages and records per second of each director; to be called about once a second. */
export const countRates = ({registry}: DeskState, nowUs: number): void => {
	const seconds = (nowUs - registry.countedUs) / secondUs;
	if (seconds < 1) {
		return;
	}

	registry.countedUs = nowUs;
	const weight = 1 - Math.exp(-seconds / meanSeconds);
	for (const director of registry.directors) {
		const {index, messages, records} = director;
		const last = registry.counted[index] ?? {messages, records};
		director.messagesPerSecond += (((messages - last.messages) / seconds) - director.messagesPerSecond) * weight;
		director.recordsPerSecond += (((records - last.records) / seconds) - director.recordsPerSecond) * weight;
		registry.counted[index] = {messages, records};
	}
};
