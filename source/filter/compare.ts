import {formatAddress, parseAddress} from '../wire/address.js';
import {inNets, parseNet, type EndpointTest, type Net} from '../wire/net.js';
import {fail, type Operator, type Value} from './expression.js';
import {type FilterNames} from './names.js';
import {type Interval} from './code-part.js';
import {createPattern} from './pattern.js';
import {meant} from './suggest.js';
import {readAddress} from './values.js';

/*
Each makes a test for what an operator asks, without its negation: `!=` and `!~` are the opposite of `=` and `~`,
so with a list, or with a field that stands for several, none of them may match.
*/

export const isNegated = (operator: Operator): boolean => operator === '!=' || operator === '!~';
export const isPattern = (operator: Operator): boolean => operator === '~' || operator === '!~';

/** Numbers, all whole. Durations are equal within a second when that is how they were given: nobody hits a millisecond. */
export const intervalsOf = (operator: Operator, values: readonly Value[], isDuration = false): Interval[] => {
	const ranges = values.filter(value => value.kind === 'range');
	const {low} = ranges[0]!;
	switch (operator) {
		case '<': {
			return [{low: -Infinity, below: low}];
		}

		case '<=': {
			return [{low: -Infinity, below: low + 1}];
		}

		case '>': {
			return [{low: low + 1, below: Infinity}];
		}

		case '>=': {
			return [{low, below: Infinity}];
		}

		default: {
			return ranges.map(range => ({low: range.low, below: range.high + (isDuration && range.high % 1000 === 0 ? 1000 : 1)}));
		}
	}
};

export const numberTest = (operator: Operator, values: readonly Value[], isDuration = false): ((number: number) => boolean) => {
	const intervals = intervalsOf(operator, values, isDuration);
	return number => intervals.some(({low, below}) => number >= low && number < below);
};

export const markTest = (operator: Operator, values: readonly Value[]): ((mark: number) => boolean) => {
	const marks = values.filter(value => value.kind === 'mask');
	return operator === '=' || operator === '!='
		? number => marks.some(({value, mask}) => ((number ^ value) & mask) === 0)
		: numberTest(operator, marks.map(({value}) => ({kind: 'range', low: value, high: value})));
};

/** Texts in any case: equal to one of the values, or matching one of the patterns. */
export const textTest = (operator: Operator, values: readonly Value[]): ((text: string) => boolean) => {
	const texts = values.filter(value => value.kind === 'text').map(({text}) => text);
	if (isPattern(operator)) {
		const patterns = texts.map(text => createPattern(text)).filter(pattern => typeof pattern !== 'string');
		return text => patterns.some(matches => matches(text));
	}

	const wanted = new Set(texts.map(text => text.toLowerCase()));
	return text => wanted.has(text.toLowerCase());
};

const aliasValues = (value: Extract<Value, {kind: 'name'}>, {aliases}: FilterNames): Value[] => {
	const targets = aliases.get(value.text.toLowerCase());
	if (!targets) {
		return fail(`unknown name ${value.text}; write an address, or give it this name in the configuration${aliases.size > 0 ? meant(value.text, [...aliases.keys()]) : ''}`, value);
	}

	return targets.map(text => {
		const {at, length} = value;
		return readAddress({text, at, length}) ?? fail(`the name ${value.text} stands for ${text}, which is not an address`, value);
	});
};

/** Values of an endpoint with names replaced by what they stand for. */
export const resolveNames = (values: readonly Value[], names: FilterNames): Value[] =>
	values.flatMap(value => value.kind === 'name' ? aliasValues(value, names) : [value]);

/** Endpoints: addresses, networks, ports, and the names of them. */
export const endpointTest = (values: readonly Value[], names: FilterNames): EndpointTest => {
	const all = resolveNames(values, names);
	const nets = all.filter((value): value is Net => value.kind === 'net');
	const ports = all.filter(value => value.kind === 'range');
	const within = inNets(nets);
	if (ports.length === 0) {
		return within;
	}

	const isPort = numberTest('=', ports);
	return nets.length === 0 ? (_words, _at, _isIpv6, port) => isPort(port) : (words, at, isIpv6, port) => isPort(port) || within(words, at, isIpv6, port);
};

/** Someone who has an address and perhaps other names: a director. */
export const whoTest = (operator: Operator, values: readonly Value[], {aliases}: FilterNames): ((names: readonly string[]) => boolean) => {
	const matches = textTest(operator, values);
	if (isPattern(operator)) {
		return names => names.some(name => matches(name));
	}

	const nets = values.filter(value => value.kind === 'text')
		.flatMap(({text}) => [text, ...aliases.get(text.toLowerCase()) ?? []])
		.map(text => parseNet(text))
		.filter((net): net is Net => net !== undefined && typeof net !== 'string');
	const within = inNets(nets);
	return names => names.some(name => {
		const address = matches(name) ? undefined : parseAddress(name);
		return address ? within(address.words, 0, address.family === 6, 0) : matches(name);
	});
};

/** The text of an endpoint that patterns see. */
const endpointText = (words: Int32Array, at: number, isIpv6: boolean, port: number): string =>
	isIpv6 ? `[${formatAddress(words, at, 6)}]:${port}` : `${formatAddress(words, at, 4)}:${port}`;

/** An endpoint by its address and port, or by its text when a pattern is asked for. */
export const endpointMatcher = (operator: Operator, values: readonly Value[], names: FilterNames): EndpointTest => {
	if (!isPattern(operator)) {
		return endpointTest(values, names);
	}

	const matches = textTest(operator, values);
	return (words, at, isIpv6, port) => matches(endpointText(words, at, isIpv6, port));
};
