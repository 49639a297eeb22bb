import {type AddressWords, type Family} from './packet.js';

/** An address by itself: words as in `AddressWords`. */
export type Address = {readonly family: Family; readonly words: AddressWords};

const formatIpv4Word = (word: number): string =>
	`${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;

const groupOf = (words: AddressWords, offset: number, index: number): number => {
	const word = words[offset + (index >> 1)]!;
	return index & 1 ? word & 0xff_ff : word >>> 16;
};

/*
As glibc's inet_ntop, which is what ipvsadm prints: RFC 5952, and the last four octets in dotted form where only
they are set (::192.0.2.1) or the address is IPv4-mapped (::ffff:192.0.2.1).
*/
const formatIpv6 = (words: AddressWords, offset: number): string => {
	let bestStart = -1;
	let bestLength = 1; // A single zero group is not compressed
	for (let index = 0; index < 8; index++) {
		const start = index;
		while (index < 8 && groupOf(words, offset, index) === 0) {
			index++;
		}

		if (index - start > bestLength) {
			bestStart = start;
			bestLength = index - start;
		}
	}

	if (bestStart === 0 && (bestLength === 6 || (bestLength === 5 && groupOf(words, offset, 5) === 0xff_ff))) {
		return `${bestLength === 6 ? '::' : '::ffff:'}${formatIpv4Word(words[offset + 3]!)}`;
	}

	let text = '';
	for (let index = 0; index < 8; index++) {
		if (index === bestStart) {
			text += '::';
			index += bestLength - 1;
			continue;
		}

		if (text !== '' && !text.endsWith(':')) {
			text += ':';
		}

		text += groupOf(words, offset, index).toString(16);
	}

	return text;
};

/** The address whose first word is at `offset`, as inet_ntop writes it. */
export const formatAddress = (words: AddressWords, offset: number, family: Family): string =>
	family === 4 ? formatIpv4Word(words[offset]!) : formatIpv6(words, offset);

/** `192.0.2.1:80` or `[2001:db8::1]:80`, as ipvsadm writes endpoints. */
export const formatEndpoint = (words: AddressWords, offset: number, family: Family, port: number): string =>
	family === 4 ? `${formatIpv4Word(words[offset]!)}:${port}` : `[${formatIpv6(words, offset)}]:${port}`;

const parseIpv4Word = (text: string): number | undefined => {
	const parts = text.split('.');
	if (parts.length !== 4) {
		return undefined;
	}

	let word = 0;
	for (const part of parts) {
		// Leading zeros are refused, as by inet_pton: some readers take them for octal.
		if (!/^(?:0|[1-9]\d{0,2})$/v.test(part) || Number(part) > 255) {
			return undefined;
		}

		word = (word << 8) | Number(part);
	}

	return word;
};

const parseGroups = (text: string): number[] | undefined => {
	if (text === '') {
		return [];
	}

	const groups: number[] = [];
	const parts = text.split(':');
	for (const [index, part] of parts.entries()) {
		if (index === parts.length - 1 && part.includes('.')) {
			const word = parseIpv4Word(part);
			if (word === undefined) {
				return undefined;
			}

			groups.push(word >>> 16, word & 0xff_ff);
		} else if (/^[\da-f]{1,4}$/iv.test(part)) {
			groups.push(Number.parseInt(part, 16));
		} else {
			return undefined;
		}
	}

	return groups;
};

const parseIpv6 = (text: string): AddressWords | undefined => {
	const halves = text.split('::');
	const head = parseGroups(halves[0]!);
	const tail = parseGroups(halves[1] ?? '');
	// The dotted form stands for the last groups only.
	if (halves.length > 2 || !head || !tail || (halves.length === 2 && halves[0]!.includes('.'))) {
		return undefined;
	}

	const missing = 8 - head.length - tail.length;
	if (halves.length === 2 ? missing < 1 : missing !== 0) {
		return undefined;
	}

	const groups = [...head, ...Array.from({length: missing}, () => 0), ...tail];
	return Int32Array.from({length: 4}, (_, index) => (groups[index * 2]! << 16) | groups[index * 2 + 1]!);
};

/** Reads an IPv4 or IPv6 address as inet_pton does; undefined when it is none. Zones (`%eth0`) and prefixes are not part of it. */
export const parseAddress = (text: string): Address | undefined => {
	if (text.includes(':')) {
		const words = parseIpv6(text);
		return words && {family: 6, words};
	}

	const word = parseIpv4Word(text);
	return word === undefined ? undefined : {family: 4, words: Int32Array.of(word, 0, 0, 0)};
};

/** 224.0.0.0/4 or ff00::/8. */
export const isMulticast = (words: AddressWords, offset: number, family: Family): boolean =>
	family === 4 ? words[offset]! >>> 28 === 0xe : words[offset]! >>> 24 === 0xff;

/** All four words are equal; the family is the caller's business. */
export const sameAddress = (one: AddressWords, oneOffset: number, other: AddressWords, otherOffset: number): boolean =>
	one[oneOffset] === other[otherOffset]
	&& one[oneOffset + 1] === other[otherOffset + 1]
	&& one[oneOffset + 2] === other[otherOffset + 2]
	&& one[oneOffset + 3] === other[otherOffset + 3];
