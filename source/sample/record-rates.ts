import {type Status} from '../engine/status.js';
import {secondUs} from '../wire/second.js';

type Reading = {readonly timeUs: number; readonly records: ReadonlyMap<number, number>};

/** Rates are of so many microseconds, or of what there is. */
const windowUs = 10 * secondUs;
const leastUs = 900_000;

/** Records per second of each director, from what its counts were some seconds ago. */
export const createRecordRates = () => {
	let readings: Reading[] = [];

	return (timeUs: number, status: Status | undefined): ReadonlyMap<number, number> => {
		if (!status || timeUs === 0) {
			return new Map();
		}

		const last = readings.at(-1);
		if (last && timeUs < last.timeUs) {
			readings = [];
		}

		const records = new Map(status.directors.map(director => [director.index, director.records]));
		readings = [...readings.filter(reading => timeUs - reading.timeUs <= windowUs), {timeUs, records}];
		const [first] = readings;
		const elapsedUs = timeUs - first!.timeUs;
		return elapsedUs < leastUs
			? new Map()
			: new Map([...records].map(([index, count]) => [index, Math.max(0, count - (first!.records.get(index) ?? 0)) / elapsedUs * secondUs]));
	};
};
