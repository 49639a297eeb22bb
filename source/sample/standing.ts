import {type Forecast, type Pair, type SplitBrain, type Takeover} from '../desk/facts/failover.js';
import {type Words} from '../verdict/verdict.js';
import {preciseTime} from '../text/format.js';
import {type Sample} from './sample.js';
import {directorLetter} from './screen-names.js';
import {takeoverInterestUs} from './source-words.js';

/** The last takeover, while it is of interest. */
export const lastTakeover = ({takeovers}: Pair, nowUs: number): Takeover | undefined => {
	const last = takeovers.at(-1);
	return last && nowUs - last.atUs <= takeoverInterestUs ? last : undefined;
};

/** The pair that the first lines are about: one with two masters, else with a takeover of interest, else the first. */
export const mainPair = ({status, nowUs}: Sample): Pair | undefined => {
	const pairs = status?.failover.pairs ?? [];
	return pairs.find(pair => lastSplit(pair, nowUs)?.endUs === 0) ?? pairs.find(pair => lastTakeover(pair, nowUs) ?? lastSplit(pair, nowUs)) ?? pairs[0];
};

export const isAfterTakeover = (sample: Sample): boolean => {
	const pair = mainPair(sample);
	return pair !== undefined && lastTakeover(pair, sample.nowUs) !== undefined;
};

/** The split brain that the first lines are about: it lasts, or it is the last thing of interest that happened. */
export const lastSplit = ({splitBrain, takeovers}: Pair, nowUs: number): SplitBrain | undefined => {
	if (!splitBrain || splitBrain.endUs === 0) {
		return splitBrain;
	}

	const isNews = nowUs - splitBrain.endUs <= takeoverInterestUs && !takeovers.some(({atUs}) => atUs >= splitBrain.endUs);
	return isNews ? splitBrain : undefined;
};

/** What the likeliest successor knows now; nothing while there are two masters. */
export const forecastOf = ({forecasts}: Pair): Forecast | undefined => forecasts[0];

/** Names and times for the desk's sentences. */
export const wordsOf = ({status}: Sample, localTime: boolean): Words => ({
	name: directorLetter,
	clock: timeUs => preciseTime(timeUs + (status?.wallOffsetUs ?? 0), 1, localTime),
});
