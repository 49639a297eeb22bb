import {type FilterNames} from '../filter/names.js';
import {sharedBit} from '../desk/facts/director.js';
import {type Status} from '../engine/status.js';

/** Directors by letter, in the order in which they were first heard. */
export const directorLetter = (index: number): string => index < 26 ? String.fromCodePoint(65 + index) : `#${index}`;

/** What filters may call things: addresses, aliases, and the letters that the screen gives to directors. */
export const screenNames = (status: () => Status | undefined, aliases: FilterNames['aliases']): FilterNames => {
	const namesOf = (index: number): string[] | undefined => {
		const director = status()?.directors.find(one => one.index === index);
		return director && [director.address, directorLetter(index)];
	};

	return {
		segment: index => status()?.segments[index],
		director: namesOf,
		directorOfBit(bit) {
			const director = bit === sharedBit ? undefined : status()?.directors.find(one => one.bit === bit);
			return director && namesOf(director.index);
		},
		aliases,
	};
};
