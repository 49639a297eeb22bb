import {forwardingNames} from '../wire/sync/conn-flags.js';
import {protocolName} from '../wire/sync/conn-state.js';
import {changeKind, changeKinds} from '../table/changes.js';
import {changeKindOf, changeWasPath, changeWasState, entryField, entryRank, templateCode} from '../table/entry.js';
import {type PeData} from '../table/pe-pool.js';
import {isTemplate, pathIs} from '../table/read/predicates.js';
import {endpointTest, intervalsOf, isPattern, markTest, numberTest, textTest} from './compare.js';
import {endpointPart, ofReal} from './endpoint-part.js';
import {fail, type Test} from './expression.js';
import {fields, type FieldName} from './fields.js';
import {type Ground} from './row-sources.js';
import {directorPart, directorsPart, maskShift, segmentPart} from './named-part.js';
import {any, never, onBits, onChange, onEntry, onField, onPath, onRank, onTime, opposite, since, template, type Part} from './code-part.js';
import {reasonPart, recordNumberPart, sourcePart} from './record-part.js';
import {rankKindBits, ranksOf} from './state-ranks.js';

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
export const fieldPart = (test: Test, ground: Ground): Part => {
	const {on, instead} = fields[test.field];
	return on.includes(ground.subject)
		? makers[test.field](test, ground)
		: fail(`${test.field}: ${ground.subject} have no ${test.field}${instead === undefined ? '' : `; ${instead}`}`, test);
};
