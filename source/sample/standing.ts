import {type Forecast, type Pair, type SplitBrain, type Takeover} from '../desk/facts/failover.js';
import {type Words} from '../verdict/verdict.js';
import {clockTime} from '../text/format.js';
import {expectationAfter, expectationOf} from '../desk/facts/expectation.js';
import {type Naming} from '../text/alias-names.js';
import {type Sample} from './sample.js';
import {directorName} from './screen-names.js';
import {takeoverInterestUs} from './source-words.js';

/** The last takeover, while it is of interest. */
export const lastTakeover = ({takeovers}: Pair, nowUs: number): Takeover | undefined => {
	const last = takeovers.at(-1);
	return last && nowUs - last.atUs <= takeoverInterestUs ? last : undefined;
};

/** How much a pair needs to be looked at: two masters, then a takeover by what it cost, then nothing. */
const urgencyOf = (pair: Pair, nowUs: number): number => {
	const split = lastSplit(pair, nowUs);
	if (split?.endUs === 0) {
		return 5;
	}

	const takeover = lastTakeover(pair, nowUs);
	const level = takeover && expectationAfter(takeover).level;
	return level ? {bad: 4, unknown: 3, warning: 3, good: 2}[level] : (split ? 2 : 0);
};

/** The worst first, then the freshest, then in the desk's own order. */
export const pairsByUrgency = ({status, nowUs}: Sample): readonly Pair[] => (status?.failover.pairs ?? [])
	.map(pair => ({pair, urgency: urgencyOf(pair, nowUs), atUs: lastTakeover(pair, nowUs)?.atUs ?? 0}))
	.toSorted((one, other) => (other.urgency - one.urgency) || (other.atUs - one.atUs))
	.map(({pair}) => pair);

/** The pair that the first lines are about. */
export const mainPair = (sample: Sample): Pair | undefined => pairsByUrgency(sample)[0];

export const isAfterTakeover = (sample: Sample): boolean => {
	const pair = mainPair(sample);
	return pair !== undefined && lastTakeover(pair, sample.nowUs) !== undefined;
};

/** The desk cannot tell what a master knows: the new one of the last takeover, or the one that would follow. */
export const cannotTell = (sample: Sample): {readonly now: boolean; readonly next: boolean} => {
	const pair = mainPair(sample);
	const takeover = pair && lastTakeover(pair, sample.nowUs);
	const forecast = pair && forecastOf(pair);
	return {
		now: takeover !== undefined && expectationAfter(takeover).sureness === 'unknown',
		next: forecast !== undefined && expectationOf(forecast.coverage, forecast.ownKept).sureness === 'unknown',
	};
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
export const wordsOf = ({status}: Sample, localTime: boolean, named: Naming): Words => ({
	name: index => directorName(status, index, named),
	clock: timeUs => clockTime(timeUs + (status?.wallOffsetUs ?? 0), localTime),
});
