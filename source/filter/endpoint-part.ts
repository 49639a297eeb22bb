import {entryCport, entryField, entryFlag, isEntryIpv6} from '../table/entry.js';
import {type PathInfo} from '../table/path-info.js';
import {prefixMask, type EndpointTest} from '../wire/net.js';
import {endpointMatcher, isPattern, resolveNames} from './compare.js';
import {type FilterNames} from './names.js';
import {type Test, type Value} from './expression.js';
import {type Ground} from './row-sources.js';
import {any, every, onEntry, onField, onPath, onWord, type Part} from './code-part.js';

/* Client, virtual and real are asked alike, each where it lies: the client in the entry, the other two in its path. */

export type EndpointField = 'client' | 'virtual' | 'real';

/** More than these are looked up by a call. */
const fewNets = 8;

const ofVirtual = (test: EndpointTest) => ({service}: PathInfo): boolean => test(service.vaddr, 0, service.family === 6, service.vport);

/** The test of an endpoint, put to the real server of a path. */
export const ofReal = (test: EndpointTest) => ({daddr, dport, service}: PathInfo): boolean => test(daddr, 0, service.family === 6, dport);

const portsOf = (value: Value) => value.kind === 'net' && value.ports ? value.ports : [];

/** A few networks and ports, the usual case, need no call. */
const clientNetPart = (test: Test, names: FilterNames): Part | undefined => {
	const values = isPattern(test.operator) ? [] : resolveNames(test.values, names);
	if (values.length === 0 || values.length > fewNets) {
		return undefined;
	}

	return any(values.map(value => {
		const [low, high] = value.kind === 'range' ? [value.low, value.high] : portsOf(value);
		const part = low === undefined || high === undefined ? [] : [onField(entryField.cport, [{low, below: high + 1}])];
		return value.kind === 'net'
			? every([
				...value.words.slice(0, Math.ceil(value.bits / 32)).map((word, index) => onWord(index, 0, prefixMask(value.bits, index), word)),
				onWord(entryField.flags.word, 0, entryFlag.ipv6, value.family === 6 ? entryFlag.ipv6 : 0),
				...part,
			])
			: every(part);
	}));
};

/** Addresses, networks, ports, the names of them, or a pattern of their text: any of these endpoints may match. */
export const endpointPart = (test: Test, which: readonly EndpointField[], ground: Ground): Part => {
	const matches = endpointMatcher(test.operator, test.values, ground.names);
	return any(which.map(one => one === 'client'
		? clientNetPart(test, ground.names) ?? onEntry((words, at) => matches(words, at, isEntryIpv6(words, at), entryCport(words, at)), isPattern(test.operator))
		: onPath((one === 'virtual' ? ofVirtual : ofReal)(matches))));
};
