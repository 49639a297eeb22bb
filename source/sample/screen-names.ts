import {type FilterNames} from '../filter/names.js';
import {isShownDirector, ownersOfBit, sharedBit, type Director} from '../desk/facts/director.js';
import {type Status} from '../engine/status.js';
import {type Naming} from '../text/alias-names.js';
import {compareAddresses} from '../table/read/compare-addresses.js';
import {parseAddress} from '../wire/address.js';

const alphabet = 26;
const letterOf = (place: number): string => place < alphabet ? String.fromCodePoint(65 + place) : `#${place + 1}`;

const addressOrder = (one: Director, other: Director): number => {
	const [left, right] = [parseAddress(one.address), parseAddress(other.address)];
	return left && right ? compareAddresses(left.words, right.words) : one.index - other.index;
};

/** There are several sources (sites), and more directors than letters: each source has letters of its own, and its name stands beside them. */
export const hasLettersBySource = (directors: readonly Director[]): boolean => directors.length > alphabet && directors.some(({place}) => place !== directors[0]!.place);

const known = new WeakMap<readonly Director[], ReadonlyMap<number, string>>();

/** Letters by number, in the order of their addresses, so that A is the same whoever was heard first; mere listeners come last. */
const lettersOf = (directors: readonly Director[]): ReadonlyMap<number, string> => {
	const cached = known.get(directors);
	if (cached) {
		return cached;
	}

	const groups = hasLettersBySource(directors) ? [...Map.groupBy(directors, ({place}) => place).values()] : [directors];
	const letters = new Map(groups.flatMap(group => group
		.toSorted((one, other) => (Number(isShownDirector(other)) - Number(isShownDirector(one))) || (one.family - other.family) || addressOrder(one, other))
		.map(({index}, rank) => [index, letterOf(rank)] as const)));
	known.set(directors, letters);
	return letters;
};

/** The letter that the screen gives to a director. */
export const directorLetter = (status: Pick<Status, 'directors'> | undefined, index: number): string => (status && lettersOf(status.directors).get(index)) ?? '?';

/** The name of the configuration, else the letter. */
export const directorName = (status: Pick<Status, 'directors'> | undefined, index: number, named: Naming): string => {
	const address = status?.directors.find(director => director.index === index)?.address ?? '';
	const name = named(address);
	return name === address ? directorLetter(status, index) : name;
};

/** What filters may call things: addresses, aliases, and the letters that the screen gives to directors. */
export const screenNames = (status: () => Status | undefined, aliases: FilterNames['aliases']): FilterNames => {
	const namesOf = (index: number): string[] | undefined => {
		const director = status()?.directors.find(one => one.index === index);
		return director && [director.address, directorLetter(status(), index)];
	};

	return {
		segment: index => status()?.segments[index],
		director: namesOf,
		bitHolders() {
			const directors = status()?.directors ?? [];
			return directors.filter(({bit}) => bit !== sharedBit).map(holder => {
				const isIts = ownersOfBit(holder, directors);
				return {bit: holder.bit, names: namesOf(holder.index)!, isIn: owner => isIts(directors[owner])};
			});
		},
		aliases,
	};
};
