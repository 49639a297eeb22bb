import {scanClients, type ClientReport} from './client-scan.js';
import {type Question} from './sample.js';
import {ofService} from './service-detail.js';
import {type TableReading} from './table-reading.js';

/** Counts clients again and again while they are looked at. */
type ClientCounting = {
	/** What was counted last of what is asked for; undefined until the first count of it is done, or when nobody asks. */
	report(reading: TableReading, question: Question, nowUs: number): ClientReport | undefined;
	/** Gives up what is being counted, and what was. */
	stop(): void;
};

const everyMs = 4000;

/** `onDone`: there is a new report. */
export const createClientCounting = (onDone: () => void): ClientCounting => {
	let counted = '';
	let latest: ClientReport | undefined;
	let doneAtMs = 0;
	/** Set while a count goes on. */
	let cancel: (() => void) | undefined;

	const stop = () => {
		cancel?.();
		cancel = undefined;
		latest = undefined;
		counted = '';
	};

	return {
		report({view, filter: screenFilter}, {wantsClients, service, filter, isInverted, isPaused}, nowUs) {
			if (!wantsClients) {
				stop();
				return undefined;
			}

			const wanted = `${service} ${filter} ${isInverted} ${isPaused}`;
			if (wanted !== counted) {
				stop();
				counted = wanted;
			} else if (cancel || performance.now() - doneAtMs <= everyMs) {
				return latest;
			}

			// A closer look at one service is at all of it.
			const test = service === undefined ? screenFilter.predicate(filter, isInverted, nowUs) : ofService(view.arrays, service);
			cancel = scanClients(view.arrays, nowUs, test, report => {
				cancel = undefined;
				latest = report;
				doneAtMs = performance.now();
				onDone();
			});
			return latest;
		},
		stop,
	};
};
