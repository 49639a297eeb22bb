import {formatAddress, parseAddress} from './address.js';
import {type Family} from './packet.js';

/** An address prefix, with a range of ports or with any. Words as in `AddressWords`, bits beyond the prefix are 0. */
export type Net = {readonly kind: 'net'; readonly family: Family; readonly words: readonly number[]; readonly bits: number; readonly ports?: readonly [low: number, high: number]};

/** Word 0 to 3 of the mask of a prefix, signed. */
export const prefixMask = (bits: number, word: number): number => {
	const left = Math.max(0, Math.min(32, bits - (word * 32)));
	return left === 0 ? 0 : -1 << (32 - left);
};

const netOf = (family: Family, words: ArrayLike<number>, bits: number, ports?: readonly [number, number]): Net => ({
	kind: 'net', family, words: Array.from({length: 4}, (_, word) => words[word]! & prefixMask(bits, word)), bits, ...(ports && {ports}),
});

export const largestPort = 65_535;

/** `443` or `1024-5000`. */
export const parsePorts = (text: string): readonly [low: number, high: number] | undefined => {
	const [, low = '', high = low] = /^(\d{1,5})(?:-(\d{1,5}))?$/v.exec(text) ?? [];
	return low === '' || Number(low) > Number(high) || Number(high) > largestPort ? undefined : [Number(low), Number(high)];
};

/** The beginning of an address: `203.0.` (also `203.0`), `2001:db8:`. */
const parsePartial = (text: string): Net | undefined => {
	const octets = /^(?:\d{1,3}\.){1,3}$|^\d{1,3}(?:\.\d{1,3}){1,2}$/v.test(text) ? text.split('.').filter(Boolean) : [];
	if (octets.length > 0) {
		const address = parseAddress([...octets, ...Array.from({length: 4 - octets.length}, () => '0')].join('.'));
		return address && netOf(4, address.words, octets.length * 8);
	}

	if (!/^(?:[\da-f]{1,4}:){1,7}$/iv.test(text)) {
		return undefined;
	}

	const groups = text.split(':').length - 1;
	const address = parseAddress(groups === 7 ? `${text}0` : `${text}:`);
	return address && netOf(6, address.words, groups * 16);
};

/** Reads an address, a network, a partial address, or an endpoint; a text says what is wrong with it. Undefined: it looks like none of them. */
export const parseNet = (text: string): Net | string | undefined => {
	const address = parseAddress(text);
	if (address) {
		return netOf(address.family, address.words, address.family === 4 ? 32 : 128);
	}

	const partial = parsePartial(text);
	if (partial) {
		return partial;
	}

	const [, bracketed, bracketPorts] = /^\[([^\]]*)\](?::(.*))?$/v.exec(text) ?? [];
	if (bracketed !== undefined) {
		const inner = parseAddress(bracketed);
		const ports = bracketPorts === undefined ? undefined : parsePorts(bracketPorts);
		if (inner?.family !== 6) {
			return `[${bracketed}] is not an IPv6 address`;
		}

		return bracketPorts !== undefined && !ports ? `:${bracketPorts} is not a port; 0 to ${largestPort}` : netOf(6, inner.words, 128, ports);
	}

	if (text.startsWith('[')) {
		return 'write IPv6 with a port as [2001:db8::1]:443';
	}

	const slash = text.indexOf('/');
	if (slash !== -1) {
		const network = parseNet(text.slice(0, slash));
		if (network === undefined || typeof network === 'string' || network.ports) {
			return `${text.slice(0, slash)} is not an address; write 10.0.0.0/8`;
		}

		const largest = network.family === 4 ? 32 : 128;
		const length = text.slice(slash + 1);
		if (length.includes(':')) {
			return 'a network has no port here; write the port as a test of its own, vport=443';
		}

		return /^\d{1,3}$/v.test(length) && Number(length) <= largest ? netOf(network.family, network.words, Number(length)) : `/${length} is not a prefix length; 0 to ${largest}`;
	}

	const [, before, ports] = /^(\d+\.\d+\.\d+\.\d+):(.*)$/v.exec(text) ?? [];
	if (before !== undefined) {
		const inner = parseAddress(before);
		const range = parsePorts(ports!);
		return inner ? (range ? netOf(4, inner.words, 32, range) : `:${ports} is not a port; 0 to ${largestPort}`) : `${before} is not an IPv4 address`;
	}

	if (text.includes('.') && /^[\d.]+$/v.test(text)) {
		return `${text} is not an IPv4 address; write 203.0.113.9, or 203.0. for all that begin so`;
	}

	return /^[\da-f]*:[\da-f:.]*$/iv.test(text) ? `${text} is not an IPv6 address` : undefined;
};

const portsText = ([low, high]: readonly [number, number]): string => low === high ? `${low}` : `${low}-${high}`;

export const formatNet = ({family, words, bits, ports}: Net): string => {
	const address = formatAddress(Int32Array.from(words), 0, family);
	return ports
		? `${family === 6 ? `[${address}]` : address}:${portsText(ports)}`
		: (bits === (family === 4 ? 32 : 128) ? address : `${address}/${bits}`);
};

/** Tests an address and its port; the address is four words from `at` on. */
export type EndpointTest = (words: Int32Array, at: number, isIpv6: boolean, port: number) => boolean;

const oneNet = ({family, words, bits, ports}: Net): EndpointTest => {
	const [low, high] = ports ?? [0, largestPort];
	const [m0, m1, m2, m3] = [prefixMask(bits, 0), prefixMask(bits, 1), prefixMask(bits, 2), prefixMask(bits, 3)];
	const [a0, a1, a2, a3] = words as [number, number, number, number];
	return family === 4
		? (subject, at, isIpv6, port) => (subject[at]! & m0) === a0 && !isIpv6 && port >= low && port <= high
		: (subject, at, isIpv6, port) => (subject[at]! & m0) === a0 && isIpv6 && (subject[at + 1]! & m1) === a1
			&& (subject[at + 2]! & m2) === a2 && (subject[at + 3]! & m3) === a3 && port >= low && port <= high;
};

/** Endpoints within any of the networks; many whole IPv4 addresses cost one look-up. */
export const inNets = (nets: readonly Net[]): EndpointTest => {
	const whole = nets.filter(({family, bits, ports}) => family === 4 && bits === 32 && !ports);
	if (nets.length === 1) {
		return oneNet(nets[0]!);
	}

	const addresses = new Set(whole.map(({words}) => words[0]!));
	const others = nets.filter(net => !whole.includes(net)).map(net => oneNet(net));
	return (words, at, isIpv6, port) => {
		if (!isIpv6 && addresses.size > 0 && addresses.has(words[at]!)) {
			return true;
		}

		for (const test of others) {
			if (test(words, at, isIpv6, port)) {
				return true;
			}
		}

		return false;
	};
};
