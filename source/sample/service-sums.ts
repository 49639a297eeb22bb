import {type ServiceView} from '../table/read/services.js';
import {type TableReading} from './table-reading.js';

/** Services may be thousands, when somebody makes them up. What takes this long to add up is added up for a tenth of the time at most. */
const costlyMs = 8;
const rests = 9;

/** The virtual services of a table with their figures, which may be some moments old where they are costly. */
export const createServiceSums = () => {
	let last: {readonly of: TableReading; readonly views: ServiceView[]; readonly readMs: number; readonly tookMs: number} | undefined;

	return (reading: TableReading, nowUs: number): readonly ServiceView[] => {
		const startMs = performance.now();
		if (last?.of !== reading || last.tookMs < costlyMs || startMs - last.readMs > last.tookMs * rests) {
			const views = reading.view.services(nowUs);
			const readMs = performance.now();
			last = {of: reading, views, readMs, tookMs: readMs - startMs};
		}

		return last.views;
	};
};
