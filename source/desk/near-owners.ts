/*
Owners of late by the words of their address, found without making text: messages come by the thousand, with any order of addresses in
them. Each takes 8 words, at one of a few places after that of its hash; a new one takes the first of them when all are taken.
*/
import {recordAt, recordShift, type RecordBatch} from '../wire/sync/record-batch.js';
import {type OwnerState} from './state.js';

const nearBits = 11;
const nearShift = 3;
const nearPlaces = 4;
const nearAt = {segment: 0, address: 1, owner: 5, message: 6} as const;

export type NearOwners = {
	/** A segment of 0 is an empty place; else it is one more than its number. */
	readonly words: Int32Array;
	/** Number of the message at hand, wrapping: what it has named already bears it. */
	message: number;
	/** IPv4 addresses named of late, by a few of their bits: the number of the message, and the address. Most records find theirs here. */
	readonly named: Int32Array;
};

const namedBits = 8;

export const createNearOwners = (): NearOwners => ({words: new Int32Array(2 ** (nearBits + nearShift)), message: 0, named: new Int32Array(2 ** (namedBits + 1))});

const nearMask = (2 ** (nearBits + nearShift)) - 1;

/** The place of an address, or, negated and less one, where it is to be put. */
export const nearPlace = ({words: near}: NearOwners, segment: number, words: Int32Array, at: number): number => {
	const mixed = Math.imul(words[at]! ^ Math.imul(words[at + 3]!, 0x85_eb_ca_6b), 0x9e_37_79_b1) ^ words[at + 1]! ^ words[at + 2]! ^ segment;
	const home = (Math.imul(mixed, 0xc2_b2_ae_35) >>> (32 - nearBits)) << nearShift;
	let place = home;
	for (let tried = 0; tried < nearPlaces; tried++) {
		const found = near[place]!;
		if (found === segment + 1 && near[place + nearAt.address] === words[at] && near[place + nearAt.address + 1] === words[at + 1]
			&& near[place + nearAt.address + 2] === words[at + 2] && near[place + nearAt.address + 3] === words[at + 3]) {
			return place;
		}

		if (found === 0) {
			return -1 - place;
		}

		place = (place + (1 << nearShift)) & nearMask;
	}

	return -1 - home;
};

export const putNear = ({words, message}: NearOwners, place: number, owner: OwnerState): void => {
	words[place] = owner.segment + 1;
	for (let word = 0; word < 4; word++) {
		words[place + nearAt.address + word] = owner.words[word]!;
	}

	words[place + nearAt.owner] = owner.id;
	words[place + nearAt.message] = message;
};

export const beginMessage = (near: NearOwners): void => {
	near.message = (near.message + 1) | 0;
};

/**
Lists the records of a batch that may be the first of their message to name a virtual address: where their words begin. Of the others over IPv4 all but a few are left out.
Gives how many.
*/
export const listNamed = ({named, message}: NearOwners, {words, count}: RecordBatch, into: Int32Array): number => {
	let listed = 0;
	for (let record = 0; record < count; record++) {
		const at = record << recordShift;
		// The virtual address of an fwmark template is the mark.
		if (words[at + recordAt.fault] !== 0 || words[at + recordAt.protocol] === 0) {
			continue;
		}

		into[listed] = at;
		if (words[at + recordAt.family] !== 4) {
			listed++;
			continue;
		}

		const address = words[at + recordAt.vaddr]!;
		const place = (Math.imul(address, 0x9e_37_79_b1) >>> (32 - namedBits)) << 1;
		// Whether it was named is as good as random: a branch would be guessed wrong at every other record.
		listed += Number(named[place] !== message) | Number(named[place + 1] !== address);
		named[place] = message;
		named[place + 1] = address;
	}

	return listed;
};

/** Whether the message at hand had not named the owner at `place`: it has by now. */
export const isNews = ({words, message}: NearOwners, place: number): boolean => {
	if (words[place + nearAt.message] === message) {
		return false;
	}

	words[place + nearAt.message] = message;
	return true;
};

export const nearOwner = ({words}: NearOwners, place: number): number => words[place + nearAt.owner]!;
