/** So many in such a time, in any distribution within it. */
export type Rate = {readonly count: number; readonly perMs: number};

const unitMs = {s: 1000, m: 60_000, h: 3_600_000} as const;

/** Reads `10/m`, `5/s`, `100/h`. */
export const parseRate = (text: string): Rate | undefined => {
	const [, count, unit] = /^(\d{1,6})\/([smh])$/v.exec(text) ?? [];
	return count === undefined || Number(count) === 0 ? undefined : {count: Number(count), perMs: unitMs[unit as keyof typeof unitMs]};
};

export const formatRate = ({count, perMs}: Rate): string =>
	`${count}/${Object.entries(unitMs).find(([, ms]) => ms === perMs)?.[0] ?? ''}`;

/** Lets `count` through at once and as many again in each `perMs`, evenly. Times never have to be evenly spaced, and a step back adds nothing. */
export const createTokenBucket = ({count, perMs}: Rate) => {
	let tokens = count;
	let lastMs: number | undefined;
	return (nowMs: number): boolean => {
		tokens = Math.min(count, tokens + (Math.max(0, nowMs - (lastMs ?? nowMs)) * count / perMs));
		lastMs = Math.max(nowMs, lastMs ?? nowMs);
		if (tokens < 1) {
			return false;
		}

		tokens -= 1;
		return true;
	};
};
