import {type Director} from './facts/director.js';
import {thresholds} from './facts/thresholds.js';

const maxLosses = 64;

type Loss = {readonly director: Director; timeUs: number; lost: number};

/** Sync messages that were lost, by the IPv4 identification, in bursts. */
export type Losses = {
	/** True when it begins a burst. */
	add(director: Director, timeUs: number, lost: number): boolean;
	/** How many since then. */
	since(director: Director, timeUs: number): number;
};

export const createLosses = (): Losses => {
	const losses: Loss[] = [];

	return {
		add(director, timeUs, lost) {
			const last = losses.at(-1);
			if (last?.director === director && timeUs - last.timeUs < thresholds.noAdvertUs) {
				last.lost += lost;
				last.timeUs = timeUs;
				return false;
			}

			losses.push({director, timeUs, lost});
			if (losses.length > maxLosses) {
				losses.shift();
			}

			return true;
		},
		since: (director, timeUs) => losses.filter(one => one.director === director && one.timeUs >= timeUs).reduce((sum, {lost}) => sum + lost, 0),
	};
};
