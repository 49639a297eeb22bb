import {forwardingNames} from '../wire/conn-flags.js';
import {protocolName} from '../wire/conn-state.js';
import {faultNames} from '../wire/fault.js';
import {recordAt} from '../wire/record-batch.js';
import {changeKind, changeKindOf, changeKinds, changeWasPath, changeWasState} from '../table/changes.js';
import {
	entryAt, entryCport, entryDirector, entryFlag, entryLastPath, entryPath,
	entryRank, entryWords, maxUpdates, templateCode,
} from '../table/entry.js';
import {pathAt, pathWords, serviceAt, serviceWords, type TableArrays} from '../table/memory.js';
import {type PathInfo, type PathReader} from '../table/path-info.js';
import {type PeData} from '../table/pe-pool.js';
import {isTemplate, pathIs, type Predicate} from '../table/predicates.js';
import {type HeardRecord} from '../table/record-ring.js';
import {endpointTest, endpointText, intervalsOf, markTest, numberTest, resolveNames, textTest, whoTest} from './compare.js';
import {type FilterNames, type Verdicts} from './context.js';
import {FilterFault, type BareWord, type Expression, type Span, type Test, type Value} from './expression.js';
import {fields, type FieldName, type Subject} from './fields.js';
import {prefixMask} from './net.js';
import {any, every, never, onBits, onEntry, onNumber, onPath, onRank, onTime, onWord, open, opposite, since, type Part} from './part.js';
import {rankKindBits, ranksOf} from './state-ranks.js';
import {entryFlagBits} from './vocabulary.js';

/** What tests are made for and what they may look at. */
export type Ground = {
	readonly subject: Subject;
	readonly arrays: Pick<TableArrays, 'paths' | 'services'>;
	readonly paths: PathReader;
	readonly names: FilterNames;
	/** Milliseconds since the table's origin, set before each run. */
	readonly clock: {nowMs: number};
	/** Run before each run: takes in names that have come to light. */
	readonly refresh: Array<() => void>;
	readonly pe: (words: Int32Array, at: number) => PeData | undefined;
	/** Names and bits of flags, and in which word of an entry they lie. */
	readonly flagBits: Readonly<Record<string, number>>;
	readonly flagWord: number;
	/** The record at hand, where the subject is records. */
	readonly record: () => HeardRecord;
	readonly verdicts: Verdicts | undefined;
	readonly marked: ReadonlySet<number> | undefined;
};

const latin = new TextDecoder('latin1');
/** Announced once and no longer ago than this: new on the screen as well. */
const newMs = 2000;

const fail = (message: string, span: Span): never => {
	throw new FilterFault(message, span);
};

const isIpv6 = (words: Int32Array, at: number): boolean => (words[at + entryAt.fractions]! & entryFlag.ipv6) !== 0;
const isKind = (...kinds: readonly number[]): Part => any(kinds.map(kind => onWord(entryAt.path, 28, 15, kind)));
const isTemplatePart = onBits(entryAt.fractions, entryFlag.template);

const ofVirtual = (test: (words: Int32Array, at: number, isIpv6: boolean, port: number) => boolean) =>
	({service}: PathInfo): boolean => test(service.vaddr, 0, service.family === 6, service.vport);
const ofReal = (test: (words: Int32Array, at: number, isIpv6: boolean, port: number) => boolean) =>
	({daddr, dport, service}: PathInfo): boolean => test(daddr, 0, service.family === 6, dport);

const isTextual = ({operator}: Test): boolean => operator === '~' || operator === '!~';

/** More than these are looked up by a call. */
const fewNets = 8;

const portsOf = (value: Value) => value.kind === 'net' && value.ports ? value.ports : [];

/** A few networks and ports, the usual case, need no call. */
const clientNetPart = (test: Test, names: FilterNames): Part | undefined => {
	const values = isTextual(test) ? [] : resolveNames(test.values, names);
	if (values.length === 0 || values.length > fewNets) {
		return undefined;
	}

	return any(values.map(value => {
		const [low, high] = value.kind === 'range' ? [value.low, value.high] : portsOf(value);
		const part = low === undefined || high === undefined ? [] : [onNumber(entryAt.portState, 16, 0xff_ff, [{low, below: high + 1}])];
		return value.kind === 'net'
			? every([
				...value.words.slice(0, Math.ceil(value.bits / 32)).map((word, index) => onWord(index, 0, prefixMask(value.bits, index), word)),
				onWord(entryAt.fractions, 0, entryFlag.ipv6, value.family === 6 ? entryFlag.ipv6 : 0),
				...part,
			])
			: every(part);
	}));
};

/** Client, virtual and real are asked alike, each where it lies. */
const endpointPart = (test: Test, which: ReadonlyArray<'client' | 'virtual' | 'real'>, ground: Ground): Part => {
	const matches = textTest(test.operator, test.values);
	const within = isTextual(test)
		? (words: Int32Array, at: number, six: boolean, port: number) => matches(endpointText(words, at, six, port))
		: endpointTest(test.values, ground.names);
	return any(which.map(one => one === 'client'
		? clientNetPart(test, ground.names) ?? onEntry((words, at) => within(words, at, isIpv6(words, at), entryCport(words, at)), isTextual(test))
		: onPath((one === 'virtual' ? ofVirtual : ofReal)(within))));
};

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

/** Halves of the word of masks. */
const announcedShift = 0;
const sentShift = 16;

const maskPart = (shift: number, test: Test, {names, refresh}: Ground): Part => {
	const passes = whoTest(test.operator, test.values, names);
	const wanted = {bits: 0};
	refresh.push(() => {
		wanted.bits = 0;
		for (let bit = 0; bit < 16; bit++) {
			const who = names.directorOfBit(bit);
			wanted.bits |= who && passes(who) ? 1 << bit : 0;
		}
	});
	return {on: 'wanted', word: entryAt.masks, shift, wanted};
};

/** Octets of the network as text; what is not printable never matches anything that can be typed. */
const pePart = (test: Test, of: (pe: PeData) => Uint8Array, {pe}: Ground): Part => {
	const matches = textTest(test.operator, test.values);
	return onEntry((words, at) => {
		const data = pe(words, at);
		return data !== undefined && matches(latin.decode(of(data)));
	}, true);
};

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
	if (operator === '~' || operator === '!~') {
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

const wordOf = (value: string | undefined, test: (text: string) => boolean): boolean => value !== undefined && test(value);

/** The test of a field, without its negation. */
const makers: Readonly<Record<FieldName, (test: Test, ground: Ground) => Part>> = {
	segment(test, {arrays: {paths, services}, names}) {
		const matches = textTest(test.operator, test.values);
		return namedPart(
			(words, at) => services[(paths[(entryPath(words, at) * pathWords) + pathAt.service]! * serviceWords) + serviceAt.segment]!,
			index => {
				const name = names.segment(index);
				return name === undefined ? undefined : [name];
			},
			([name]) => matches(name!),
		);
	},
	proto(test) {
		const matches = isTextual(test) ? textTest(test.operator, test.values) : undefined;
		const isNumber = matches ? undefined : numberTest(test.operator, test.values);
		return onPath(({service: {protocol}}) => matches ? matches(protocolName(protocol)) : isNumber!(protocol));
	},
	state: ({operator, values}) => onRank(ranksOf(textTest(operator, values))),
	client: (test, ground) => endpointPart(test, ['client'], ground),
	virtual: (test, ground) => endpointPart(test, ['virtual'], ground),
	real: (test, ground) => endpointPart(test, ['real'], ground),
	addr: (test, ground) => endpointPart(test, ['client', 'virtual', 'real'], ground),
	cport: ({operator, values}) => onNumber(entryAt.portState, 16, 0xff_ff, intervalsOf(operator, values)),
	vport({operator, values}) {
		const matches = numberTest(operator, values);
		return onPath(({service}) => matches(service.vport));
	},
	rport({operator, values}) {
		const matches = numberTest(operator, values);
		return onPath(({dport}) => matches(dport));
	},
	port({operator, values}) {
		const matches = numberTest(operator, values);
		return any([
			onNumber(entryAt.portState, 16, 0xff_ff, intervalsOf(operator, values)),
			onPath(({service, dport}) => matches(service.vport) || matches(dport)),
		]);
	},
	forward({operator, values}) {
		const matches = textTest(operator, values);
		return onPath(({forward}) => wordOf(forwardingNames[forward], matches));
	},
	fwmark({operator, values}) {
		const matches = markTest(operator, values);
		return onPath(({fwmark}) => matches(fwmark));
	},
	flags: flagPart,
	template(test) {
		const [yes, no] = ['true', 'false'].map(text => textTest('=', test.values)(text));
		return any([...(yes ? [isTemplatePart] : []), ...(no ? [opposite(isTemplatePart)] : [])]);
	},
	pe: (test, ground) => pePart(test, ({name}) => name, ground),
	peData: (test, ground) => pePart(test, ({data}) => data, ground),
	timeout: ({operator, values}) => onTime(since.timeout, intervalsOf(operator, values, true)),
	expires: ({operator, values}) => onTime(since.expires, intervalsOf(operator, values, true)),
	age: ({operator, values}) => onTime(since.age, intervalsOf(operator, values, true)),
	idle: ({operator, values}) => onTime(since.idle, intervalsOf(operator, values, true)),
	updates: ({operator, values}) => onNumber(entryAt.updates, 0, maxUpdates, intervalsOf(operator, values)),
	director: (test, {names}) => namedPart(entryDirector, index => names.director(index), whoTest(test.operator, test.values, names)),
	directors: (test, ground) => maskPart(announcedShift, test, ground),
	sent: (test, ground) => maskPart(sentShift, test, ground),
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
		return verdicts ? onEntry((words, at) => wordOf(verdicts.account(words, at), matches)) : fail('account is not known here', test);
	},
	event({operator, values}) {
		const matches = textTest(operator, values);
		return isKind(...changeKinds.flatMap((kind, number) => matches(kind) ? [number] : []));
	},
	was: wasPart,
	reason(test, {subject, record}) {
		const matches = textTest(test.operator, test.values);
		return subject === 'records'
			? onEntry(() => record().words[recordAt.fault] !== 0 && wordOf(faultNames[record().words[recordAt.fault]!], matches))
			: never;
	},
	version({operator, values}, {subject, record}) {
		const matches = numberTest(operator, values);
		return subject === 'records' ? onEntry(() => matches(record().version)) : never;
	},
	source(test, {names, record}) {
		const matches = textTest(test.operator, test.values);
		const within = isTextual(test) ? undefined : endpointTest(test.values, names);
		return onEntry(() => {
			const {source, sourceFamily, sourcePort} = record();
			return within ? within(source, 0, sourceFamily === 6, sourcePort) : matches(endpointText(source, 0, sourceFamily === 6, sourcePort));
		});
	},
	sourcePort({operator, values}, {record}) {
		const matches = numberTest(operator, values);
		return onEntry(() => matches(record().sourcePort));
	},
	syncPort({operator, values}, {record}) {
		const matches = numberTest(operator, values);
		return onEntry(() => matches(record().syncPort));
	},
	index({operator, values}, {record}) {
		const matches = numberTest(operator, values);
		return onEntry(() => matches(record().index));
	},
	// What only events about directors have.
	kind: () => never,
	from: () => never,
	to: () => never,
	role: () => never,
	evidence: () => never,
	what: () => never,
	lost: () => never,
	vrid: () => never,
};

export const fieldPart = (test: Test, ground: Ground): Part => {
	const {on, instead} = fields[test.field];
	return on.includes(ground.subject)
		? makers[test.field](test, ground)
		: fail(`${test.field}: ${ground.subject} have no ${test.field}${instead === undefined ? '' : `; ${instead}`}`, test);
};

/** The last announcement named another real server than the one that a backup keeps. */
const goesElsewhere = ({arrays: {paths}}: Ground): Predicate => (words, at) => {
	const held = entryPath(words, at);
	const last = entryLastPath(words, at);
	if (held === last || last === 0) {
		return false;
	}

	for (let word = pathAt.daddr; word <= pathAt.dport; word++) {
		if (paths[(held * pathWords) + word] !== paths[(last * pathWords) + word]) {
			return true;
		}
	}

	return false;
};

export const wordPart = ({word, ...span}: Extract<Expression, {kind: 'is'}> & {readonly word: BareWord}, ground: Ground): Part => {
	const {subject, marked, record} = ground;
	const isAbsent = (instead: string): Part => fail(`${word}: ${subject} are not known to be ${word}; ${instead}`, span);
	switch (word) {
		case 'template': {
			return isTemplatePart;
		}

		case 'open': {
			return open;
		}

		case 'new': {
			return subject === 'records'
				? isAbsent('use --events')
				: (subject === 'events'
					? isKind(changeKind.new)
					: every([onWord(entryAt.updates, 0, maxUpdates, 1), onTime(since.age, [{low: -Infinity, below: newMs}])]));
		}

		case 'changed': {
			return subject === 'events' ? isKind(changeKind.state, changeKind.moved) : isAbsent('use --events');
		}

		case 'ranout': {
			return subject === 'records' ? isAbsent('use --events') : isKind(changeKind.ranout);
		}

		case 'moved': {
			return subject === 'records'
				? isAbsent('use --list or --events')
				: (subject === 'events' ? isKind(changeKind.moved) : onEntry(goesElsewhere(ground)));
		}

		case 'marked': {
			return marked ? onEntry((_words, at) => marked.has(at / entryWords)) : isAbsent('only rows of the console can be marked');
		}

		case 'refused': {
			return subject === 'sessions'
				? isAbsent('use --records')
				: (subject === 'events' ? never : onEntry(() => record().words[recordAt.fault] !== 0));
		}
	}
};

export const tableFlags = {flagBits: entryFlagBits, flagWord: entryAt.fractions} as const;
