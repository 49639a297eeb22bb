import {type FilterNames} from '../filter/names.js';
import {type Names} from './names.js';

/** What filters of text output and triggers may call things: the names that came with the changes so far, and aliases. */
export const filterNamesOf = (names: Names, aliases: FilterNames['aliases']): FilterNames => {
	const known = (name: string): string | undefined => name === '?' ? undefined : name;
	return {
		segment: index => known(names.segment(index)),
		director(index) {
			const address = known(names.director(index));
			return address === undefined ? undefined : [address];
		},
		bitHolders: names.holders,
		aliases,
	};
};
