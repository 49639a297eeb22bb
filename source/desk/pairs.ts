/*
Directors that belong together: they advertise one virtual router, virtual addresses move between them, they announce sessions of one
address, or the configuration says so. A sync id that they share says nothing: several pairs of a segment may use the same.
*/
import {maxListeners} from '../census/census.js';
import {othersAddress, sharedBit, type Director} from './facts/director.js';
import {thresholds} from './facts/thresholds.js';
import {takesId} from './listening.js';
import {directorOf} from './registry.js';
import {type DeskState, type PairMemory} from './state.js';
import {type DeskContext} from './told.js';

/** The first of those that this one belongs to: the number of its pair. */
export const pairOf = ({pairs: {parents}}: DeskState, director: number): number => {
	let index = director;
	while (parents[index]! !== index) {
		index = parents[index]!;
	}

	return index;
};

export const membersOf = (state: DeskState, pair: number): Director[] => state.registry.directors.filter(({index}) => pairOf(state, index) === pair);

export const memoryOf = ({pairs: {memories}}: DeskState, pair: number): PairMemory => {
	const known = memories.get(pair);
	if (known) {
		return known;
	}

	const memory: PairMemory = {begunUs: [], bothSinceUs: 0, isActiveActive: false, contests: [], sender: -1};
	memories.set(pair, memory);
	return memory;
};

/** These two belong together. */
export const relate = (state: DeskState, one: number, other: number): void => {
	const [first, second] = [pairOf(state, one), pairOf(state, other)].toSorted((a, b) => a - b) as [number, number];
	if (first === second || directorOf(state, first).address === othersAddress || directorOf(state, second).address === othersAddress) {
		return;
	}

	const [kept, gone] = [memoryOf(state, first), memoryOf(state, second)];
	kept.begunUs = [...kept.begunUs, ...gone.begunUs];
	kept.contests = [...kept.contests, ...gone.contests].toSorted((a, b) => a.timeUs - b.timeUs);
	kept.bothSinceUs ||= gone.bothSinceUs;
	kept.isActiveActive ||= gone.isActiveActive;
	state.pairs.memories.delete(second);
	state.pairs.parents[second] = first;
};

/** Which pair of the configuration a director is of, -1: none. */
const configuredPairOf = ({configured}: Pick<DeskContext, 'configured'>, {address, otherAddresses}: Director): number =>
	configured.findIndex(addresses => addresses.includes(address) || otherAddresses.some(one => addresses.includes(one)));

/** A director of the configuration was heard: its peers are known. */
export const relateConfigured = (desk: DeskContext, director: Director): void => {
	const pair = desk.configured.length === 0 ? -1 : configuredPairOf(desk, director);
	if (pair === -1) {
		return;
	}

	for (const other of desk.state.registry.directors) {
		if (other !== director && other.segment === director.segment && configuredPairOf(desk, other) === pair) {
			relate(desk.state, director.index, other.index);
		}
	}
};

/** Its adverts, or those of its fellows, tell who is master; without them the sender alone does. */
export const hasAdverts = (state: DeskState, pair: number, nowUs: number): boolean =>
	membersOf(state, pair).some(({instances}) => instances.some(({lastUs, isUnicast}) => !isUnicast && lastUs > 0 && nowUs - lastUs <= thresholds.noAdvertUs));

/** It said nothing that only directors say, beside its sync: no advert, no join, and serves no address. */
export const isStranger = ({instances, listeningSinceUs, listenedSinceUs, masterSinceUs, servedUntilUs}: Director): boolean =>
	instances.length === 0 && listeningSinceUs === 0 && listenedSinceUs === 0 && masterSinceUs === 0 && servedUntilUs === 0;

/**
Who would take over from a director, as far as was heard: those of its segment that listen, take its sync id and serve with it, or with
nobody. Where the configuration names the pair, only whom it names; beside VRRP only who is in its group, too: other monitors join the
sync group as well. The likeliest first: of its pair, of the highest priority heard, in the group of VRRP, listening longest.
*/
export const successorsOf = (desk: DeskContext, server: Director): Director[] => {
	const {state} = desk;
	const pair = pairOf(state, server.index);
	const members = membersOf(state, pair);
	const named = configuredPairOf(desk, server);
	const hasVrrp = members.some(({instances}) => instances.length > 0);
	const isFellow = (one: Director): boolean => pairOf(state, one.index) === pair;
	const isFree = (one: Director): boolean => {
		const others = membersOf(state, pairOf(state, one.index));
		return others.length === 1 && (named === -1 ? configuredPairOf(desk, one) === -1 : configuredPairOf(desk, one) === named) && (!hasVrrp || one.joinsVrrp || one.instances.length > 0);
	};

	return state.registry.directors
		.filter(one => one !== server && one.listeningSinceUs > 0 && one.bit !== sharedBit && one.segment === server.segment && takesId(one, server.syncid) && (isFellow(one) || isFree(one)))
		.toSorted((one, other) => (Number(isFellow(other)) - Number(isFellow(one))) || (other.priority - one.priority) || (Number(other.joinsVrrp) - Number(one.joinsVrrp)) || (one.listeningSinceUs - other.listeningSinceUs))
		.slice(0, maxListeners);
};

/** Who of them claimed a virtual address last, -1 when nobody was heard to, and when. */
export const claimantOf = ({owners}: DeskState, members: readonly Director[]): {readonly claimant: number; readonly claimUs: number} => {
	let claimant = -1;
	let claimUs = 0;
	for (const {claim} of owners.list) {
		if (claim && claim.timeUs >= claimUs && members.some(({index}) => index === claim.director)) {
			claimant = claim.director;
			claimUs = claim.timeUs;
		}
	}

	return {claimant, claimUs};
};
