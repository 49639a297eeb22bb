import {allFlagNames, connFlags, flagNames} from '../wire/sync/conn-flags.js';
import {stateName} from '../wire/sync/conn-state.js';
import {recordAt} from '../wire/sync/record-batch.js';
import {entryField, entryFlag, entryWords, packFlags, rankOf, setEntryFlags, setEntryPath, setEntryTimeout, startEntryLastPath, startEntryPortState} from '../table/entry.js';
import {pathAt, pathWords, serviceAt, serviceWords} from '../table/memory.js';
import {createPathReader} from '../table/path-info.js';
import {type HeardRecord} from '../ring/record-ring.js';
import {compileOn, type CompileOptions} from './compile.js';
import {type FilterNames} from './names.js';
import {catchFault, type Expression, type FilterError} from './expression.js';
import {type Ground} from './row-sources.js';

/** The only path and service of the tiny table that holds the record at hand. */
const only = 1;
/** A free word of an entry that is in no wheel: the record's flags as on the wire. */
const flagWord = entryField.next.word;
/** No protocol's state has this rank: it is read as ERR!. */
const unknownRank = 0x7d;
const maxGeneration = 2 ** 30;

const wireFlagBits: Readonly<Record<string, number>> = Object.fromEntries(
	Object.values(connFlags).filter(bits => flagNames(bits).length === 1 && (bits & (bits - 1)) === 0).map(bits => [flagNames(bits)[0]!, bits]),
);
if (Object.keys(wireFlagBits).length !== allFlagNames.length) {
	throw new TypeError('Every flag of the wire has a bit and a name');
}

type RecordFilter = {
	readonly ok: true;
	/** Also for records that were refused. */
	matches(record: HeardRecord): boolean;
};

/**
Turns a filter into a test of records as they came. Each is laid out like an entry, with a path of its own, so that the tests
of the table serve here too. What a single record cannot say, such as an age, is an error.
*/
export const compileRecordFilter = (expression: Expression, names: FilterNames, options: CompileOptions = {}): RecordFilter | FilterError => catchFault(() => {
	const words = new Int32Array(entryWords);
	const paths = new Int32Array(2 * pathWords);
	const services = new Int32Array(2 * serviceWords);
	const pathsAt = only * pathWords;
	const servicesAt = only * serviceWords;
	let generation = 0;
	let current: HeardRecord | undefined;

	paths[pathsAt + pathAt.service] = only;
	startEntryLastPath(words, 0, only);

	const lay = (record: HeardRecord) => {
		const from = record.words;
		const protocol = from[recordAt.protocol]!;
		const flags = from[recordAt.flags]!;
		const state = from[recordAt.state]!;
		const isTemplate = (flags & connFlags.template) !== 0;
		const isIpv6 = from[recordAt.family] === 6;
		const rank = stateName(protocol, state, isTemplate) === 'ERR!' ? unknownRank : rankOf(protocol, state, isTemplate);
		for (let word = 0; word < 4; word++) {
			words[word] = from[recordAt.caddr + word]!;
			services[servicesAt + serviceAt.vaddr + word] = from[recordAt.vaddr + word]!;
			paths[pathsAt + pathAt.daddr + word] = from[recordAt.daddr + word]!;
		}

		startEntryPortState(words, 0, from[recordAt.cport]!, state & 0xff, rank);
		setEntryPath(words, 0, record.director, only);
		setEntryTimeout(words, 0, from[recordAt.timeoutSeconds]!);
		setEntryFlags(words, 0, packFlags(flags) | (isIpv6 ? entryFlag.ipv6 : 0));
		words[flagWord] = flags;

		generation = (generation + 1) % maxGeneration;
		services[servicesAt + serviceAt.family] = isIpv6 ? 6 : 4;
		services[servicesAt + serviceAt.protocol] = protocol;
		services[servicesAt + serviceAt.vport] = from[recordAt.vport]!;
		services[servicesAt + serviceAt.segment] = record.segment;
		services[servicesAt + serviceAt.generation] = generation;
		paths[pathsAt + pathAt.dport] = from[recordAt.dport]!;
		paths[pathsAt + pathAt.forward] = flags & connFlags.forwardingMask;
		paths[pathsAt + pathAt.fwmark] = from[recordAt.fwmark]!;
		paths[pathsAt + pathAt.origin] = record.syncid | (record.version << 8);
		paths[pathsAt + pathAt.generation] = generation;
	};

	const ground: Ground = {
		subject: 'records',
		arrays: {paths, services},
		paths: createPathReader({paths, services}),
		names,
		clock: {nowMs: 0},
		refresh: [],
		pe: () => current?.peName && current.peData && current.peName.length + current.peData.length > 0 ? {name: current.peName, data: current.peData} : undefined,
		flagBits: wireFlagBits,
		flagWord,
		record: () => current!,
		verdicts: undefined,
		marked: undefined,
	};
	const {predicate} = compileOn(expression, ground, options);
	return {
		ok: true,
		matches(record) {
			current = record;
			lay(record);
			return predicate(words, 0);
		},
	};
});
