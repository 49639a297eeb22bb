/*
Who serves which virtual address: the desk's first fact. An address is virtual when an advert or a sync record names it, or when the
master of such a one claims it. It is served by the master that advertises it, else by who claimed it last (gratuitous ARP, unsolicited
neighbour advertisement), else by who announces its sessions.
*/
import {type FindOwner} from '../census/counts.js';
import {formatAddress} from '../wire/address.js';
import {type Family} from '../wire/packet.js';
import {maxRecords, type RecordBatch, recordAt} from '../wire/sync/record-batch.js';
import {vipKey} from './facts/failover.js';
import {type Director} from './facts/director.js';
import {thresholds} from './facts/thresholds.js';
import {beginMessage, isNews, listNamed, nearOwner, nearPlace, putNear} from './near-owners.js';
import {isReigning} from './routers.js';
import {type Announcer, type DeskState, type OwnerState} from './state.js';
import {type DeskContext} from './told.js';

/** Addresses that are remembered, and those of them that senders may name who are not known. */
const maxOwners = 4096;
const maxOfStrangers = 256;
const maxAnnouncers = 4;

export const ownerOf = ({owners}: DeskState, id: number): OwnerState => owners.list[id]!;

const keyOf = (segment: number, words: ArrayLike<number>, offset: number): string => `${segment} ${vipKey(words, offset)}`;

export const findOwner = ({owners}: DeskState, segment: number, words: ArrayLike<number>, offset: number): OwnerState | undefined => {
	const id = owners.byKey.get(keyOf(segment, words, offset));
	return id === undefined ? undefined : owners.list[id];
};

/** The same by number, for those who count. */
export const finderOf = (state: DeskState): FindOwner => (segment, words, offset) => findOwner(state, segment, words, offset)?.id ?? -1;

/** The owner of this address, made when it is new and there is room. */
export const ownerAt = ({state: {owners}, limits}: DeskContext, segment: number, words: ArrayLike<number>, offset: number, family: Family, isKnown: boolean): OwnerState | undefined => {
	const mapKey = keyOf(segment, words, offset);
	const id = owners.byKey.get(mapKey);
	if (id !== undefined) {
		return owners.list[id];
	}

	if (owners.list.length >= maxOwners || (!isKnown && owners.byStrangers >= maxOfStrangers)) {
		limits.hit('addresses');
		return undefined;
	}

	owners.byStrangers += isKnown ? 0 : 1;
	const ownWords = Array.from({length: 4}, (_, index) => words[offset + index]!);
	const owner: OwnerState = {
		id: owners.list.length, segment, family, address: formatAddress(Int32Array.from(ownWords), 0, family), key: vipKey(words, offset), words: ownWords, server: -1, sinceUs: 0, by: 'none', takeover: -1, router: -1,
		claim: undefined, conflict: undefined, announcers: [], bothSinceUs: 0, isShared: false, unprotectedUs: 0,
	};
	owners.list.push(owner);
	owners.byKey.set(mapKey, owner.id);
	return owner;
};

export const announcerOf = ({announcers}: OwnerState, director: number): Announcer | undefined => {
	// For each address of each message: without a function made for it.
	for (const announcer of announcers) {
		if (announcer.director === director) {
			return announcer;
		}
	}

	return undefined;
};

/** When anything of this address was announced last, 0: never. */
export const announcedUs = ({announcers}: OwnerState): number => Math.max(0, ...announcers.map(({lastUs}) => lastUs));

export const noteAnnouncement = (owner: OwnerState, {index}: Director, timeUs: number): void => {
	const known = announcerOf(owner, index);
	if (known) {
		known.lastUs = timeUs;
		known.messages++;
		return;
	}

	if (owner.announcers.length >= maxAnnouncers) {
		const oldest = owner.announcers.toSorted((one, other) => one.lastUs - other.lastUs)[0]!;
		owner.announcers.splice(owner.announcers.indexOf(oldest), 1);
	}

	owner.announcers.push({director: index, firstUs: timeUs, lastUs: timeUs, messages: 1});
};

/** What a message is about. Reused for every message. */
const found: OwnerState[] = [];
const naming = new Int32Array(maxRecords);

/** The addresses that a message is about. Borrowed: overwritten by the next message. */
export const ownersOfMessage = (desk: DeskContext, batch: RecordBatch, segment: number, isKnown: boolean): readonly OwnerState[] => {
	const {near} = desk;
	const {list} = desk.state.owners;
	const {words} = batch;
	beginMessage(near);
	let named = 0;
	const listed = listNamed(near, batch, naming);
	for (let index = 0; index < listed; index++) {
		const at = naming[index]!;
		const address = at + recordAt.vaddr;
		const place = nearPlace(near, segment, words, address);
		if (place >= 0) {
			if (isNews(near, place)) {
				found[named++] = list[nearOwner(near, place)]!;
			}

			continue;
		}

		const owner = ownerAt(desk, segment, words, address, words[at + recordAt.family] === 6 ? 6 : 4, isKnown);
		if (owner) {
			putNear(near, -1 - place, owner);
			// It may have been named before its place was given to another.
			const earlier = found.indexOf(owner);
			if (earlier === -1 || earlier >= named) {
				found[named++] = owner;
			}
		}
	}

	// Not emptied before: an array of length 0 gives its memory back, 0.5 KB for each message.
	found.length = named;

	return found;
};

/** The master that advertises the address to all was heard of late. */
export const isAdvertised = (state: DeskState, {router}: OwnerState, nowUs: number): boolean => router !== -1 && isReigning(state, state.routers[router]!, nowUs);

/** Adverts for the address were heard of late, whether or not they are missing by now. */
export const hasBeenAdvertised = (state: DeskState, {router}: OwnerState, nowUs: number): boolean => {
	if (router === -1) {
		return false;
	}

	const {vrid, segment, family, speakers} = state.routers[router]!;
	return speakers.some(index => state.registry.directors[index]!.instances.some(one =>
		one.vrid === vrid && one.segment === segment && one.family === family && !one.isUnicast && nowUs - one.lastUs <= thresholds.noAdvertUs));
};

/** The addresses that a director serves. */
export const servedBy = ({owners}: DeskState, director: number): OwnerState[] => owners.list.filter(({server}) => server === director);
