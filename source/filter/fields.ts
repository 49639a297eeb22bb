import {nearest} from './suggest.js';

/** What a filter is applied to: entries of the table, changes and other events, sync records as they came. */
export type Subject = 'sessions' | 'events' | 'records';

/** How the values of a field are written and compared. */
export type FieldType = 'address' | 'port' | 'proto' | 'state' | 'duration' | 'count' | 'mark' | 'text' | 'forward' | 'flag' | 'truth' | 'event' | 'was' | 'fate' | 'account';

type Field = {
	readonly type: FieldType;
	readonly aliases?: readonly string[];
	/** What has this field, and what to write where it is missing. */
	readonly on: readonly Subject[];
	readonly instead?: string;
};

const everywhere: readonly Subject[] = ['sessions', 'events', 'records'];
const held: readonly Subject[] = ['sessions', 'events'];
const keptOnly = 'use it with --list, --events or the console';
const recordsOnly = 'use it with --records';
const eventsOnly = 'use it with --events or --on';

const all = {
	segment: {type: 'text', on: everywhere},
	proto: {type: 'proto', aliases: ['pro'], on: everywhere},
	state: {type: 'state', on: everywhere},
	client: {type: 'address', aliases: ['c', 'src'], on: everywhere},
	cport: {type: 'port', on: everywhere},
	virtual: {type: 'address', aliases: ['vip', 'v', 'dst'], on: everywhere},
	vport: {type: 'port', on: everywhere},
	real: {type: 'address', aliases: ['rs', 'dest', 'destination'], on: everywhere},
	rport: {type: 'port', on: everywhere},
	addr: {type: 'address', on: everywhere},
	port: {type: 'port', on: everywhere},
	forward: {type: 'forward', aliases: ['fwd'], on: everywhere},
	fwmark: {type: 'mark', on: everywhere},
	flags: {type: 'flag', aliases: ['flag'], on: everywhere},
	template: {type: 'truth', on: everywhere},
	pe: {type: 'text', on: everywhere},
	peData: {type: 'text', on: everywhere},
	timeout: {type: 'duration', on: everywhere},
	expires: {type: 'duration', aliases: ['exp', 'expire'], on: held, instead: 'use timeout, or --list or --events'},
	age: {type: 'duration', on: held, instead: 'use --list or --events'},
	idle: {type: 'duration', on: held, instead: 'use --list or --events'},
	updates: {type: 'count', aliases: ['upd'], on: held, instead: 'use --list or --events'},
	director: {type: 'text', aliases: ['dir'], on: everywhere},
	directors: {type: 'text', on: held, instead: 'use director'},
	sent: {type: 'text', on: held, instead: keptOnly},
	syncid: {type: 'count', on: everywhere},
	version: {type: 'count', on: everywhere},
	fate: {type: 'fate', on: ['sessions'], instead: 'use it with --list or the console'},
	account: {type: 'account', on: ['sessions'], instead: 'use it with --list or the console'},
	event: {type: 'event', on: ['events'], instead: eventsOnly},
	was: {type: 'was', on: ['events'], instead: eventsOnly},
	reason: {type: 'text', aliases: ['refused'], on: ['events', 'records'], instead: 'use it with --records or --events'},
	source: {type: 'address', on: everywhere},
	sourcePort: {type: 'port', on: ['records'], instead: recordsOnly},
	syncPort: {type: 'port', on: ['records'], instead: recordsOnly},
	index: {type: 'count', on: ['records'], instead: recordsOnly},
	kind: {type: 'text', on: ['events'], instead: eventsOnly},
	from: {type: 'text', on: ['events'], instead: eventsOnly},
	to: {type: 'text', on: ['events'], instead: eventsOnly},
	role: {type: 'text', on: ['events'], instead: eventsOnly},
	evidence: {type: 'text', on: ['events'], instead: eventsOnly},
	what: {type: 'text', on: ['events'], instead: eventsOnly},
	lost: {type: 'count', on: ['events'], instead: eventsOnly},
	vrid: {type: 'count', on: ['events'], instead: eventsOnly},
} as const satisfies Record<string, Field>;

export type FieldName = keyof typeof all;
export const fields: Readonly<Record<FieldName, Field>> = all;

/** Every field, without its aliases. */
export const fieldNames = Object.keys(all) as readonly FieldName[];

const byName = new Map<string, FieldName>(fieldNames.flatMap(name =>
	[name, ...(fields[name].aliases ?? [])].map(spelling => [spelling.toLowerCase(), name] as const)));

/** The field of this name or alias, in any case. */
export const fieldOf = (word: string): FieldName | undefined => byName.get(word.toLowerCase());

/** The name or alias of a field that was most likely meant. */
export const nearestField = (word: string): string | undefined => nearest(word, [...fieldNames, ...byName.keys()]);
