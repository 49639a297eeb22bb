import {type Director} from './facts/director.js';

const us = 1_000_000;
/** Means are of the last so many seconds, roughly. */
const meanSeconds = 10;

/** Keeps messages and records per second of each director; to be called about once a second. */
export const createMessageRates = () => {
	const counted: Array<{messages: number; records: number}> = [];
	let countedUs = 0;

	return (directors: readonly Director[], nowUs: number) => {
		const seconds = (nowUs - countedUs) / us;
		if (seconds < 1) {
			return;
		}

		countedUs = nowUs;
		const weight = 1 - Math.exp(-seconds / meanSeconds);
		for (const director of directors) {
			const {index, messages, records} = director;
			const last = counted[index] ?? {messages, records};
			director.messagesPerSecond += (((messages - last.messages) / seconds) - director.messagesPerSecond) * weight;
			director.recordsPerSecond += (((records - last.records) / seconds) - director.recordsPerSecond) * weight;
			counted[index] = {messages, records};
		}
	};
};
