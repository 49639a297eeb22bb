import {type Sampler} from '../sample/sampler.js';
import {type Stage} from './stage.js';
import {withPlace} from './ui-state.js';

/** Moves the cursor to the next session, or the one before, that the line to find lets through. */
export const find = (stage: Stage, sampler: Sampler, step: 1 | -1): void => {
	const {found} = stage.ui();
	if (found === '') {
		stage.say('nothing to find yet: \\ begins');
		return;
	}

	const {place, extent} = stage.frame();
	const rank = sampler.find(found, place.cursor, step);
	if (rank < 0) {
		stage.say(`not found: ${found}`);
		return;
	}

	stage.change(withPlace({...stage.ui(), follow: undefined}, {cursor: rank, offset: Math.max(0, rank - Math.floor(extent.visible / 2))}));
	stage.say(`found: ${found}`);
};
