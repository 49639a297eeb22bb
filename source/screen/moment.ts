import {secondUs} from '../wire/second.js';

const daySeconds = 86_400;

/**
A moment that was typed, in microseconds since the Unix epoch: `14:02:01.8` of the day of `nowUs`, `+90` after the start, `-30`
before now, or RFC 3339. Undefined when it is none of these.
*/
export const parseMoment = (text: string, {nowUs, firstUs, localTime}: {readonly nowUs: number; readonly firstUs: number; readonly localTime: boolean}): number | undefined => {
	const typed = text.trim();
	const relative = /^(?<sign>[+\-])(?<seconds>\d+(?:\.\d+)?)s?$/v.exec(typed)?.groups;
	if (relative) {
		const seconds = Number(relative['seconds']);
		return relative['sign'] === '+' ? firstUs + (seconds * secondUs) : nowUs - (seconds * secondUs);
	}

	const clock = /^(?<hours>\d{1,2}):(?<minutes>\d{2})(?::(?<seconds>\d{2}(?:\.\d+)?))?Z?$/v.exec(typed)?.groups;
	if (clock) {
		const seconds = (Number(clock['hours']) * 3600) + (Number(clock['minutes']) * 60) + Number(clock['seconds'] ?? 0);
		if (seconds >= daySeconds) {
			return undefined;
		}

		const midnight = new Date(nowUs / 1000);
		const midnightMs = localTime ? midnight.setHours(0, 0, 0, 0) : midnight.setUTCHours(0, 0, 0, 0);
		return Math.round((midnightMs + (seconds * 1000)) * 1000);
	}

	const milliseconds = /^\d{4}-\d{2}-\d{2}T/v.test(typed) ? Date.parse(typed) : NaN;
	return Number.isNaN(milliseconds) ? undefined : milliseconds * 1000;
};
