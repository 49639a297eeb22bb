import {parseNet} from '../wire/net.js';
import {formatAddress, formatEndpoint} from '../wire/address.js';
import {onScreen} from './format.js';

/** Gives a text that begins with an address or endpoint, as the screen writes it, with the name of the configuration for that. */
export type Naming = (text: string) => string;

/** Addresses as they are. */
export const unnamed: Naming = text => text;

/** An address or endpoint, and `/tcp` of a service; not a net, which is no address. */
const endpointPattern = /^(?<address>\[[\da-f.:]+\]|\d+(?:\.\d+){3}|[\da-f.:]+)(?<port>:\d+)?(?<rest>\/\D.*)?$/v;

/** Names by address or endpoint in the screen's spelling; networks and ranges of ports name no single thing. The first name of a thing stays. */
const namesOf = (aliases: ReadonlyMap<string, readonly string[]>): Map<string, string> => {
	const names = new Map<string, string>();
	for (const [name, targets] of aliases) {
		for (const target of targets) {
			const net = parseNet(target);
			if (typeof net !== 'object' || net.bits !== (net.family === 4 ? 32 : 128) || (net.ports && net.ports[0] !== net.ports[1])) {
				continue;
			}

			const words = Int32Array.from(net.words);
			const key = net.ports ? formatEndpoint(words, 0, net.family, net.ports[0]) : formatAddress(words, 0, net.family);
			names.set(key, names.get(key) ?? onScreen(name));
		}
	}

	return names;
};

/** Names instead of addresses: an endpoint has its own name, or that of its address with the port. */
export const createNaming = (aliases: ReadonlyMap<string, readonly string[]>): Naming => {
	const names = namesOf(aliases);
	return names.size === 0
		? unnamed
		: text => {
			const whole = names.get(text);
			if (whole !== undefined) {
				return whole;
			}

			const {address = '', port = '', rest = ''} = endpointPattern.exec(text)?.groups ?? {};
			const endpoint = names.get(`${address}${port}`);
			if (endpoint !== undefined) {
				return `${endpoint}${rest}`;
			}

			const name = names.get(address.replace(/^\[(?<inner>.*)\]$/v, '$<inner>'));
			return name === undefined ? text : `${name}${port}${rest}`;
		};
};
