import {entryExpiresMs, entryFlag, entryFlags, entryPath} from '../table/entry.js';
import {numberAt, pathAt, pathWords, type TableArrays} from '../table/memory.js';
import {type Predicate} from '../table/read/predicates.js';
import {type ServiceView} from '../table/read/services.js';
import {type TableView} from '../table/read/table-view.js';
import {type ServiceDetail} from './sample.js';

/** Points of a trend, five seconds each. */
export const trendLength = 64;

const expiryBoundsMs = [10_000, 60_000, 300_000, 900_000];

/** Sessions of one virtual service, by its id. */
export const ofService = ({paths}: TableArrays, service: number): Predicate =>
	(words, at) => paths[(entryPath(words, at) * pathWords) + pathAt.service] === service;

/** A closer look at one virtual service. */
export const serviceDetail = (view: TableView, {service, paths}: ServiceView, nowUs: number): ServiceDetail => {
	const test = ofService(view.arrays, service.id);
	const nowMs = Math.floor((nowUs - view.arrays.numbers[numberAt.originUs]!) / 1000);
	const byExpiry = [0, 0, 0, 0, 0];
	view.each((words, at) => {
		if (test(words, at) && (entryFlags(words, at) & entryFlag.template) === 0) {
			const left = entryExpiresMs(words, at) - nowMs;
			const bucket = expiryBoundsMs.findIndex(bound => left < bound);
			byExpiry[bucket === -1 ? expiryBoundsMs.length : bucket]!++;
		}
	}, nowUs);
	return {
		byExpiry,
		births: view.trend(paths, 0, trendLength),
		ends: view.trend(paths, 1, trendLength),
		ranout: view.departed(9999, test).filter(({type}) => type === 'ranout').length,
	};
};
