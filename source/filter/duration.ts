const unitMs = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000} as const;
type Unit = keyof typeof unitMs;

/** Milliseconds of `500ms 30s 1m30s 15m 2h 1.5s`; a bare number is seconds. Not beyond 2^53 - 1, which alone can be written again as they are. */
export const parseDuration = (text: string): number | undefined => {
	if (/^\d{1,10}(?:\.\d{1,3})?$/v.test(text)) {
		return Math.round(Number(text) * 1000);
	}

	const parts = [...text.matchAll(/(\d{1,10}(?:\.\d{1,3})?)(ms|[smhd])/giv)];
	const ms = Math.round(parts.reduce((sum, [, amount, unit]) => sum + (Number(amount) * unitMs[unit!.toLowerCase() as Unit]), 0));
	return parts.length > 0 && parts.map(([whole]) => whole).join('') === text && Number.isSafeInteger(ms) ? ms : undefined;
};

export const formatDuration = (ms: number): string => {
	let left = ms;
	let text = '';
	for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
		const amount = Math.floor(left / unitMs[unit]);
		left -= amount * unitMs[unit];
		text += amount > 0 ? `${amount}${unit}` : '';
	}

	return text || '0s';
};
