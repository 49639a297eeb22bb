import {type Connection} from '../../source/table/connection.js';
import {entryFlag} from '../../source/table/entry.js';
import {formatAddress, formatEndpoint} from '../../source/wire/address.js';
import {forwardingName} from '../../source/wire/sync/conn-flags.js';
import {protocolName, stateName} from '../../source/wire/sync/conn-state.js';
import {type Expression, type Test, type Value} from '../../source/filter/expression.js';
import {type FilterNames} from '../../source/filter/names.js';
import {parseFilter} from '../../source/filter/parser.js';

/*
What a filter means, said with texts and big integers over one connection. Slow and simple, to compare compiled filters with.
*/
type Endpoint = {readonly words: Int32Array; readonly family: number; readonly port: number};

const bigOf = (words: ArrayLike<number>): bigint => Array.from(words).slice(0, 4).reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);

const isAt = (endpoint: Endpoint, value: Value, names: FilterNames): boolean => {
	switch (value.kind) {
		case 'net': {
			const shift = BigInt(128 - value.bits);
			return endpoint.family === value.family && bigOf(endpoint.words) >> shift === bigOf(value.words) >> shift
				&& (!value.ports || (endpoint.port >= value.ports[0] && endpoint.port <= value.ports[1]));
		}

		case 'range': {
			return endpoint.port >= value.low && endpoint.port <= value.high;
		}

		case 'name': {
			return names.aliases.get(value.text.toLowerCase())!.some(text => {
				const parsed = parseFilter(`addr=${text}`);
				return parsed.ok && parsed.expression.kind === 'test' && parsed.expression.values.some(one => isAt(endpoint, one, names));
			});
		}

		default: {
			throw new Error('No endpoint');
		}
	}
};

const flagNames: ReadonlyArray<readonly [string, number]> = [
	['sync', entryFlag.sync], ['noout', entryFlag.noOutput], ['inactive', entryFlag.inactive], ['outseq', entryFlag.outSeq], ['inseq', entryFlag.inSeq],
	['nocport', entryFlag.noCport], ['template', entryFlag.template], ['nfct', entryFlag.nfct], ['ill-formed', entryFlag.illFormed],
	['partial', entryFlag.partial], ['other', entryFlag.other],
];

export type NaiveContext = {readonly names: FilterNames; readonly nowUs: number; readonly marked: ReadonlySet<number>};

const textsOf = (field: string, row: Connection, {names}: NaiveContext): string[] => {
	const decoder = new TextDecoder('latin1');
	const ofMask = (mask: number) => names.bitHolders().filter(({bit, isIn}) => isIn(row.director) && (mask & (1 << bit)) !== 0).flatMap(holder => holder.names);
	switch (field) {
		case 'proto': {
			return [protocolName(row.protocol)];
		}

		case 'state': {
			return [stateName(row.protocol, row.state, row.template)];
		}

		case 'forward': {
			return [forwardingName(row.forward)];
		}

		case 'flags': {
			return flagNames.filter(([, bit]) => row.flags & bit).map(([name]) => name);
		}

		case 'template': {
			return [String(row.template)];
		}

		case 'pe': {
			return row.pe ? [decoder.decode(row.pe.name)] : [];
		}

		case 'peData': {
			return row.pe ? [decoder.decode(row.pe.data)] : [];
		}

		case 'segment': {
			const name = names.segment(row.segment);
			return name === undefined ? [] : [name];
		}

		case 'director': {
			return [...names.director(row.director) ?? []];
		}

		case 'directors': {
			return ofMask(row.directorsMask);
		}

		case 'sent': {
			return ofMask(row.sentMask);
		}

		default: {
			throw new Error(`No text: ${field}`);
		}
	}
};

const numberOf = (field: string, row: Connection, nowUs: number): number => {
	switch (field) {
		case 'timeout': {
			return row.timeoutSeconds * 1000;
		}

		case 'expires': {
			return (row.expiresUs - nowUs) / 1000;
		}

		case 'age': {
			return (nowUs - row.firstUs) / 1000;
		}

		case 'idle': {
			return (nowUs - row.lastUs) / 1000;
		}

		case 'updates': {
			return row.updates;
		}

		case 'syncid': {
			return row.syncid;
		}

		case 'version': {
			return row.version;
		}

		case 'fwmark': {
			return row.fwmark;
		}

		case 'proto': {
			return row.protocol;
		}

		default: {
			throw new Error(`No number: ${field}`);
		}
	}
};

const isNumber = (number: number, operator: string, value: Value, isDuration: boolean): boolean => {
	if (value.kind === 'mask') {
		const {value: mark, mask} = value;
		return operator === '=' ? Number(BigInt(number) & BigInt(mask)) === Number(BigInt(mark) & BigInt(mask)) : isNumber(number, operator, {kind: 'range', low: mark, high: mark}, false);
	}

	if (value.kind !== 'range') {
		throw new Error('No number');
	}

	switch (operator) {
		case '<': {
			return number < value.low;
		}

		case '<=': {
			return number <= value.low;
		}

		case '>': {
			return number > value.low;
		}

		case '>=': {
			return number >= value.low;
		}

		default: {
			// The second that ends a range of whole seconds belongs to it.
			return number >= value.low && (isDuration && value.high % 1000 === 0 ? Math.floor(number / 1000) * 1000 : number) <= value.high;
		}
	}
};

const endpointsOf = (field: string, row: Connection): Endpoint[] => {
	const client = {words: row.caddr, family: row.family, port: row.cport};
	const virtual = {words: row.vaddr, family: row.family, port: row.vport};
	const real = {words: row.daddr, family: row.family, port: row.dport};
	return {client: [client], source: [client], virtual: [virtual], real: [real], cport: [client], vport: [virtual], rport: [real], addr: [client, virtual, real], port: [client, virtual, real]}[field] ?? [];
};

const passes = ({field, operator, values}: Test, row: Connection, context: NaiveContext): boolean => {
	const endpoints = endpointsOf(field, row);
	if (operator === '~') {
		const texts = endpoints.length > 0
			? endpoints.map(({words, family, port}) => formatEndpoint(words, 0, family === 6 ? 6 : 4, port))
			: textsOf(field, row, context);
		// As the filters do, without Unicode mode: it reads some patterns otherwise and refuses some.
		return values.some(value => value.kind === 'text' && texts.some(text => new RegExp(value.text, 'i').test(text)));
	}

	if (endpoints.length > 0) {
		return values.some(value => endpoints.some(endpoint => value.kind === 'range' && operator !== '='
			? isNumber(endpoint.port, operator, value, false)
			: isAt(endpoint, value, context.names)));
	}

	if (['timeout', 'expires', 'age', 'idle', 'updates', 'syncid', 'version', 'fwmark', 'proto'].includes(field)) {
		return values.some(value => isNumber(numberOf(field, row, context.nowUs), operator, value, ['timeout', 'expires', 'age', 'idle'].includes(field)));
	}

	const texts = textsOf(field, row, context).map(text => text.toLowerCase());
	return values.some(value => value.kind === 'text' && texts.some(text => {
		if (text === value.text.toLowerCase()) {
			return true;
		}

		// A director may be said by its address, a network, or a name of these.
		const address = parseFilter(text);
		const own = address.ok && address.expression.kind === 'test' && address.expression.field === 'addr' ? address.expression.values[0] : undefined;
		return ['director', 'directors', 'sent'].includes(field) && own?.kind === 'net'
			&& [value.text, ...context.names.aliases.get(value.text.toLowerCase()) ?? []].some(target => {
				const parsed = parseFilter(`addr=${target}`);
				const net = parsed.ok && parsed.expression.kind === 'test' ? parsed.expression.values[0] : undefined;
				return net?.kind === 'net' && isAt({words: Int32Array.from(own.words), family: own.family, port: 0}, net, context.names);
			});
	}));
};

/** `fin-w`, `FIN_W` and `finw` begin the same name. */
const withoutJoints = (text: string): string => text.toLowerCase().replaceAll(/[\-_]/gv, '');

export const naivelyMatches = (expression: Expression, row: Connection, context: NaiveContext): boolean => {
	switch (expression.kind) {
		case 'and': {
			return expression.parts.every(part => naivelyMatches(part, row, context));
		}

		case 'or': {
			return expression.parts.some(part => naivelyMatches(part, row, context));
		}

		case 'not': {
			return !naivelyMatches(expression.part, row, context);
		}

		case 'name': {
			return context.names.aliases.has(expression.text.toLowerCase())
				? passes({kind: 'test', field: 'addr', operator: '=', values: [expression], at: 0, length: 0}, row, context)
				: withoutJoints(stateName(row.protocol, row.state, row.template)).startsWith(withoutJoints(expression.text));
		}

		case 'is': {
			switch (expression.word) {
				case 'template': {
					return row.template;
				}

				case 'open': {
					return row.open;
				}

				case 'new': {
					return row.updates === 1 && context.nowUs - row.firstUs < 2_000_000;
				}

				case 'moved': {
					return row.lastDaddr !== undefined && (formatAddress(row.lastDaddr, 0, row.family) !== formatAddress(row.daddr, 0, row.family) || row.lastDport !== row.dport);
				}

				case 'marked': {
					return context.marked.has(row.slot);
				}

				default: {
					return false;
				}
			}
		}

		case 'test': {
			const {operator} = expression;
			return operator === '!=' || operator === '!~'
				? !passes({...expression, operator: operator === '!=' ? '=' : '~'}, row, context)
				: passes(expression, row, context);
		}
	}
};
