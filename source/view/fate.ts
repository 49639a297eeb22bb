import {type Forecast, type Pair, type Takeover} from '../monitor/failover.js';
import {type Sample} from '../monitor/sample.js';
import {directorLetter} from '../monitor/screen-names.js';
import {type Words} from '../monitor/verdict.js';
import {preciseTime} from './format.js';
import {takeoverInterestUs} from './sight.js';

/** The last takeover, while it is of interest. */
export const lastTakeover = ({takeovers}: Pair, nowUs: number): Takeover | undefined => {
	const last = takeovers.at(-1);
	return last && nowUs - last.atUs <= takeoverInterestUs ? last : undefined;
};

/** The pair that the first lines are about: the one with a takeover of interest, else the first. */
export const mainPair = ({status, nowUs}: Sample): Pair | undefined => {
	const pairs = status?.failover.pairs ?? [];
	return pairs.find(pair => lastTakeover(pair, nowUs) !== undefined) ?? pairs[0];
};

export const isAfterTakeover = (sample: Sample): boolean => {
	const pair = mainPair(sample);
	return pair !== undefined && lastTakeover(pair, sample.nowUs) !== undefined;
};

/** What the likeliest successor knows now. */
export const forecastOf = ({forecasts}: Pair): Forecast | undefined => forecasts[0];

/** Names and times for the desk's sentences. */
export const wordsOf = ({status}: Sample, localTime: boolean): Words => ({
	name: directorLetter,
	clock: timeUs => preciseTime(timeUs + (status?.wallOffsetUs ?? 0), 1, localTime),
});
