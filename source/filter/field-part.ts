import {stateName, protocolName} from '../wire/sync/conn-state.js';
import {protocolNumber, templateCode, entryDirector, entryField, entryPath, entryCport, entryFlag, isEntryIpv6, changeKindOf, changeWasPath, changeWasState, entryRank} from '../table/entry.js';
import {directorLimit, pathAt, pathWords, serviceAt, serviceWords} from '../table/memory.js';
import {type PathInfo} from '../table/path-info.js';
import {prefixMask, type EndpointTest} from '../wire/net.js';
import {forwardingNames} from '../wire/sync/conn-flags.js';
import {changeKind, changeKinds} from '../table/changes.js';
import {type PeData} from '../table/pe-pool.js';
import {isTemplate, pathIs} from '../table/read/predicates.js';
import {type FilterNames} from './names.js';
import {onEntry, type Part, any, every, onField, onPath, onWord, never, onBits, onChange, onRank, onTime, opposite, since, template} from './code-part.js';
import {type Ground} from './row-sources.js';
import {type Test, type Value, fail} from './expression.js';
import {textTest, whoTest, endpointMatcher, isPattern, resolveNames, endpointTest, intervalsOf, markTest, numberTest} from './compare.js';
import {fields, type FieldName} from './fields.js';
import {reasonPart, recordNumberPart, sourcePart} from './record-part.js';

const rankTemplate = 0x80;
const protocolByKind = [protocolNumber.tcp, protocolNumber.sctp, protocolNumber.udp] as const;
/** Stands for protocols without a handler: ESP and AH have one state, which has no name. */
const encapsulated = 50;

/** The rank's bits for template and protocol, to be joined with the code of another state than the entry's own. */
const rankKindBits = 0xb0;

/** Name of the state that a rank, the low byte of word 4, stands for. */
const nameOfRank = (rank: number): string => {
	const code = rank & 15;
	if ((rank & rankTemplate) !== 0) {
		return stateName(0, Math.max(0, code - templateCode), true);
	}

	return stateName(protocolByKind[(rank >> 4) & 3] ?? encapsulated, code, false);
};

/** The ranks whose states have names that pass: a look-up in 256 answers is all that an entry costs. */
const ranksOf = (passes: (name: string) => boolean): Uint8Array => Uint8Array.from({length: 256}, (_, rank) => passes(nameOfRank(rank)) ? 1 : 0);

/* Segments and directors are numbers in an entry. Their names come to light while a filter is in use, and never change. */

/** Answers by number that are looked up once they are known. */
const namedPart = (numberOf: (words: Int32Array, at: number) => number, namesOf: (index: number) => readonly string[] | undefined, passes: (names: readonly string[]) => boolean): Part => {
	const answers: Array<boolean | undefined> = [];
	const ask = (index: number): boolean => {
		const names = namesOf(index);
		return names !== undefined && (answers[index] = passes(names));
	};

	return onEntry((words, at) => {
		const index = numberOf(words, at);
		return answers[index] ?? ask(index);
	});
};

const segmentPart = ({operator, values}: Test, {arrays: {paths, services}, names}: Ground): Part => {
	const matches = textTest(operator, values);
	return namedPart(
		(words, at) => services[(paths[(entryPath(words, at) * pathWords) + pathAt.service]! * serviceWords) + serviceAt.segment]!,
		index => {
			const name = names.segment(index);
			return name === undefined ? undefined : [name];
		},
		([name]) => matches(name!),
	);
};

/** The director that announced it last. */
const directorPart = ({operator, values}: Test, {names}: Ground): Part =>
	namedPart(entryDirector, index => names.director(index), whoTest(operator, values, names));

/** Halves of the word of masks: the bits of directors that announced it, and of those it was sent to. */
const maskShift = {announced: 0, sent: 16} as const;

/** Any of the directors whose bits are set in a mask: what a bit means may be a matter of the entry's owner. */
const directorsPart = ({operator, values}: Test, {names, refresh}: Ground, shift: number): Part => {
	const passes = whoTest(operator, values, names);
	const wanted = {bits: new Int32Array(directorLimit)};
	refresh.push(() => {
		wanted.bits.fill(0);
		for (const holder of names.bitHolders().filter(({names: who}) => passes(who))) {
			for (let owner = 0; owner < directorLimit; owner++) {
				wanted.bits[owner]! |= holder.isIn(owner) ? 1 << holder.bit : 0;
			}
		}
	});
	return {on: 'wanted', word: entryField.masks.word, shift, wanted};
};

/* Client, virtual and real are asked alike, each where it lies: the client in the entry, the other two in its path. */

type EndpointField = 'client' | 'virtual' | 'real';

/** More than these are looked up by a call. */
const fewNets = 8;

const ofVirtual = (test: EndpointTest) => ({service}: PathInfo): boolean => test(service.vaddr, 0, service.family === 6, service.vport);

/** The test of an endpoint, put to the real server of a path. */
const ofReal = (test: EndpointTest) => ({daddr, dport, service}: PathInfo): boolean => test(daddr, 0, service.family === 6, dport);

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
const endpointPart = (test: Test, which: readonly EndpointField[], ground: Ground): Part => {
	const matches = endpointMatcher(test.operator, test.values, ground.names);
	return any(which.map(one => one === 'client'
		? clientNetPart(test, ground.names) ?? onEntry((words, at) => matches(words, at, isEntryIpv6(words, at), entryCport(words, at)), isPattern(test.operator))
		: onPath((one === 'virtual' ? ofVirtual : ofReal)(matches))));
};

const latin = new TextDecoder('latin1');

/** Octets of the network as text; what is not printable never matches anything that can be typed. */
const pePart = ({operator, values}: Test, {pe}: Ground, of: (pe: PeData) => Uint8Array): Part => {
	const matches = textTest(operator, values);
	return onEntry((words, at) => {
		const data = pe(words, at);
		return data !== undefined && matches(latin.decode(of(data)));
	}, true);
};

/** What a change changed from: a state, or a real server. */
const wasPart = ({values}: Test, {arrays, paths, names}: Ground): Part => {
	const stateNames = new Set(values.filter(value => value.kind === 'text').map(({text}) => text));
	const answers = ranksOf(name => stateNames.has(name));
	const within = endpointTest(values.filter(({kind}) => kind !== 'text'), names);
	const earlierReal = pathIs(arrays, paths, ofReal(within), changeWasPath);
	return onEntry((words, at) => {
		const kind = changeKindOf(words, at);
		if (kind === changeKind.state) {
			const state = changeWasState(words, at);
			const code = isTemplate(words, at) ? templateCode + Math.min(state, 1) : Math.min(state, templateCode - 1);
			return answers[(entryRank(words, at) & rankKindBits) | code] !== 0;
		}

		return kind === changeKind.moved && earlierReal(words, at);
	});
};

const flagPart = ({operator, values, ...span}: Test, {flagBits, flagWord, subject}: Ground): Part => {
	if (isPattern(operator)) {
		const matches = textTest(operator, values);
		const bits = Object.entries(flagBits).filter(([name]) => matches(name)).reduce((sum, [, bit]) => sum | bit, 0);
		return onBits(flagWord, bits);
	}

	const bits = values.reduce((sum, value) => {
		const name = value.kind === 'text' ? value.text : '';
		return sum | (flagBits[name] ?? fail(`${subject} have no flag ${name}; there is ${Object.keys(flagBits).join(' ')}`, span));
	}, 0);
	return onBits(flagWord, bits);
};

const cportPart = ({operator, values}: Test): Part => onField(entryField.cport, intervalsOf(operator, values));

const timePart = ({operator, values}: Test, from: number): Part => onTime(from, intervalsOf(operator, values, true));

/** The test of a field, without its negation. */
const makers: Readonly<Record<FieldName, (test: Test, ground: Ground) => Part>> = {
	segment: segmentPart,
	proto({operator, values}) {
		if (isPattern(operator)) {
			const matches = textTest(operator, values);
			return onPath(({service}) => matches(protocolName(service.protocol)));
		}

		const matches = numberTest(operator, values);
		return onPath(({service}) => matches(service.protocol));
	},
	state: ({operator, values}) => onRank(ranksOf(textTest(operator, values))),
	client: (test, ground) => endpointPart(test, ['client'], ground),
	virtual: (test, ground) => endpointPart(test, ['virtual'], ground),
	real: (test, ground) => endpointPart(test, ['real'], ground),
	addr: (test, ground) => endpointPart(test, ['client', 'virtual', 'real'], ground),
	cport: cportPart,
	vport({operator, values}) {
		const matches = numberTest(operator, values);
		return onPath(({service}) => matches(service.vport));
	},
	rport({operator, values}) {
		const matches = numberTest(operator, values);
		return onPath(({dport}) => matches(dport));
	},
	port(test) {
		const matches = numberTest(test.operator, test.values);
		return any([cportPart(test), onPath(({service, dport}) => matches(service.vport) || matches(dport))]);
	},
	forward({operator, values}) {
		const matches = textTest(operator, values);
		return onPath(({forward}) => {
			const name = forwardingNames[forward];
			return name !== undefined && matches(name);
		});
	},
	fwmark({operator, values}) {
		const matches = markTest(operator, values);
		return onPath(({fwmark}) => matches(fwmark));
	},
	flags: flagPart,
	template({values}) {
		const matches = textTest('=', values);
		return any([...(matches('true') ? [template] : []), ...(matches('false') ? [opposite(template)] : [])]);
	},
	pe: (test, ground) => pePart(test, ground, ({name}) => name),
	peData: (test, ground) => pePart(test, ground, ({data}) => data),
	timeout: test => timePart(test, since.timeout),
	expires: test => timePart(test, since.expires),
	age: test => timePart(test, since.age),
	idle: test => timePart(test, since.idle),
	updates: ({operator, values}) => onField(entryField.updates, intervalsOf(operator, values)),
	director: directorPart,
	directors: (test, ground) => directorsPart(test, ground, maskShift.announced),
	sent: (test, ground) => directorsPart(test, ground, maskShift.sent),
	syncid({operator, values}) {
		const matches = numberTest(operator, values);
		return {on: 'lastPath', test: ({syncid}) => matches(syncid)};
	},
	fate(test, {verdicts}) {
		const matches = textTest(test.operator, test.values);
		return verdicts ? onEntry((words, at) => matches(verdicts.fate(words, at))) : fail('fate is not known here', test);
	},
	account(test, {verdicts}) {
		const matches = textTest(test.operator, test.values);
		return verdicts
			? onEntry((words, at) => {
				const account = verdicts.account(words, at);
				return account !== undefined && matches(account);
			})
			: fail('account is not known here', test);
	},
	event({operator, values}) {
		const matches = textTest(operator, values);
		return onChange(...changeKinds.flatMap((kind, number) => matches(kind) ? [number] : []));
	},
	was: wasPart,
	// Of events about directors and refusals, which are no changes of sessions, these are asked elsewhere: in `event-fields.ts`.
	reason: (test, ground) => ground.subject === 'records' ? reasonPart(test, ground) : never,
	version({operator, values}) {
		const matches = numberTest(operator, values);
		return {on: 'lastPath', test: ({version}) => matches(version)};
	},
	source: sourcePart,
	sourcePort: (test, ground) => recordNumberPart(test, ground, ({sourcePort}) => sourcePort),
	syncPort: (test, ground) => recordNumberPart(test, ground, ({syncPort}) => syncPort),
	index: (test, ground) => recordNumberPart(test, ground, ({index}) => index),
	kind: () => never,
	from: () => never,
	to: () => never,
	role: () => never,
	evidence: () => never,
	what: () => never,
	lost: () => never,
	vrid: () => never,
};

/** The test of a field, without its negation. Throws `FilterFault` where the subject has no such field. */
export const fieldPart = (given: Test, ground: Ground): Part => {
	// In the columns of ipvsadm the source is the client; of a record it is who sent the message.
	const test: Test = given.field === 'source' && ground.subject !== 'records' ? {...given, field: 'client'} : given;
	const {on, instead} = fields[test.field];
	return on.includes(ground.subject)
		? makers[test.field](test, ground)
		: fail(`${test.field}: ${ground.subject} have no ${test.field}${instead === undefined ? '' : `; ${instead}`}`, test);
};
