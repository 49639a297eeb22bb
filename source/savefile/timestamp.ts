import {secondUs} from '../wire/second.js';

/**
Turns the 64-bit count of units of an interface into whole microseconds, rounded down.
`resolution` is the option if_tsresol; `offsetSeconds` is if_tsoffset.
*/
export const timestampConverter = (resolution: number, offsetSeconds: bigint): ((high: number, low: number) => number) => {
	const exponent = resolution & 0x7f;
	const binary = resolution > 0x7f;
	const offsetUs = Number(offsetSeconds) * secondUs;
	const clamp = (timeUs: number): number => Math.min(Math.max(timeUs, 0), Number.MAX_SAFE_INTEGER);

	if (!binary && exponent <= 6) {
		const factor = 10 ** (6 - exponent);
		return (high, low) => clamp(((high * 0x1_00_00_00_00) + low) * factor + offsetUs);
	}

	if (!binary && exponent <= 12) {
		// 2^32 = quotient * divisor + remainder keeps every step below 2^53, which nanoseconds since 1970 as a double are not.
		const divisor = 10 ** (exponent - 6);
		const quotient = Math.floor(0x1_00_00_00_00 / divisor);
		const remainder = 0x1_00_00_00_00 % divisor;
		return (high, low) => clamp((high * quotient) + Math.floor(((high * remainder) + low) / divisor) + offsetUs);
	}

	const unitsPerSecond = (binary ? 2n : 10n) ** BigInt(exponent);
	return (high, low) => {
		const units = (BigInt(high) << 32n) | BigInt(low);
		return clamp(Number((units * 1_000_000n) / unitsPerSecond) + offsetUs);
	};
};
