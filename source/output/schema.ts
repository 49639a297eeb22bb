import {limitNames} from '../desk/facts/limits.js';
import {faultNames} from '../wire/fault.js';

/*
The lines of --list, --records and --events with --json, as JSON Schema (2020-12). Fields may be added within version 1;
none is taken away or changes its meaning.
*/
type Schema = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, Schema>>;

export const schemaVersion = 1;

const text = (description: string): Schema => ({type: 'string', description});
const integer = (description: string, minimum = 0): Schema => ({type: 'integer', minimum, description});
const number = (description: string): Schema => ({type: 'number', description});
const flag = (description: string): Schema => ({type: 'boolean', description});
const oneOf = (description: string, names: readonly string[]): Schema => ({enum: names, description});
const list = (items: Schema, description: string): Schema => ({type: 'array', items, description});
const port = (description: string): Schema => ({type: 'integer', minimum: 0, maximum: 65_535, description});
const time = (description: string): Schema => ({
	type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`, description: `${description} RFC 3339, UTC, microseconds.`,
});
const address = (description: string): Schema => text(`${description} IPv4 or IPv6.`);

const object = (required: Fields, optional: Fields = {}): Schema => ({
	type: 'object', required: Object.keys(required), properties: {...required, ...optional},
});

const forward = oneOf('Forwarding method.', ['Masq', 'Local', 'Tunnel', 'Route', 'Bypass', '?']);
const reasons = oneOf('Why a backup would not take it.', faultNames.slice(1));
const pe = text('Name of the persistence engine.');
const peData = text('Its data; what is not printable ASCII is escaped.');

const session: Fields = {
	segment: text('Where it was heard: interface, file or stream, VLAN tags appended.'),
	proto: text('As ipvsadm prints it: TCP, UDP, SCTP, ICMP, ICMPv6, IP (fwmark template), IP_n.'),
	state: text('As ipvsadm prints it.'),
	client: address('The client.'),
	cport: port('Its port.'),
	virtual: address('The virtual service; of an fwmark template the mark as an address.'),
	vport: port('Its port.'),
	real: address('The real server.'),
	rport: port('Its port.'),
	forward,
	fwmark: integer('Firewall mark.'),
	flags: list(text('Name of a flag.'), 'Flags that are set.'),
	template: flag('A persistence template, no connection.'),
	timeout: integer('Seconds without an announcement after which it expires.'),
	expires: number('Seconds left until then.'),
	age: number('Seconds since it was first announced.'),
	idle: number('Seconds since it was last announced.'),
	updates: integer('Times it was announced.'),
	director: address('Who announced it last.'),
	directors: list(address('A director.'), 'All who announced it.'),
	syncid: integer('Sync id of the last announcement.'),
	version: integer('Version of its message: 0 tells no timeout, that of the state is assumed.'),
	sent: list(address('A director.'), 'Listeners that it was sent to: an upper bound, loss at the receiver is invisible.'),
};

const sessionExtras: Fields = {
	pe, peData,
	fate: oneOf('What becomes of it if the master dies now.', ['kept', 'risk', 'unknown']),
	account: oneOf('What became of it since the last takeover.', ['heard', 'closed', 'ranout', 'moved', 'waiting', 'overdue']),
};

const table = object({
	at: time('The moment of the table.'),
	connections: integer('Connections in it.'),
	templates: integer('Persistence templates in it.'),
	source: text('What was listened to.'),
});

const record = object({
	time: time('When the message was heard.'),
	segment: session['segment']!,
	source: address('Sender of the message.'),
	sourcePort: port('Its port.'),
	syncPort: port('The port it was sent to.'),
	syncid: integer('Sync id of the message.'),
	version: integer('Version of the sync protocol, 0 or 1.'),
	index: integer('Place of the record in its message.'),
	proto: session['proto']!, state: session['state']!,
	client: session['client']!, cport: session['cport']!,
	virtual: session['virtual']!, vport: session['vport']!,
	real: session['real']!, rport: session['rport']!,
	forward, fwmark: session['fwmark']!, flags: session['flags']!, template: session['template']!,
	timeout: integer('Seconds, as announced; 0 leaves it to the receiver.'),
}, {pe, peData, refused: reasons});

const known = {
	held: integer('Open sessions (TCP and SCTP in ESTABLISHED) at that moment.'),
	sent: integer('Of these, announced by others while it listened.'),
	own: integer('Of these, announced by itself.'),
	known: integer('Of these, known to it.'),
};
const accounts = Object.fromEntries(['heard', 'closed', 'ranout', 'moved', 'waiting', 'overdue'].map(name => [name, integer(`Sessions held that are ${name}.`)]));
const ownKept = oneOf('Whether what the new master had announced itself survived in its kernel.', ['yes', 'likely', 'unlikely', 'no', 'none', 'unknown']);
const director = {address: text('The director.')};
const evidence = text('What this is known by.');

/** Each kind of event with its own fields: those that are always there, and others. */
const events: Readonly<Record<string, readonly [required: Fields, optional?: Fields]>> = {
	new: [session, sessionExtras],
	state: [{...session, was: text('The state before.')}, sessionExtras],
	moved: [{...session}, {...sessionExtras, was: text('The real server before.')}],
	expired: [session, sessionExtras],
	ranout: [session, sessionExtras],
	evicted: [session, sessionExtras],
	refused: [{segment: session['segment']!, director: address('Who sent it.'), reason: reasons, count: integer('How many since the last such event.', 1)}],
	director: [{...director, what: text('What it does, or does not any more.')}, {
		evidence, syncid: integer('Sync id.'), version: integer('Version of the sync protocol.'), name: text('Its name in the configuration.'), pair: text('Its pair.'),
		role: text('Its role.'), sending: flag('It sends.'), rate: number('Records per second.'), listeningSince: time('Since when it listens.'),
		lostMessages: integer('Messages lost so far.'), since: time('Since when.'), segment: session['segment']!,
	}],
	vrrp: [{...director, vrid: integer('Virtual router.'), role: oneOf('What it became.', ['master', 'backup', 'resigned', 'silent'])}, {
		priority: integer('As advertised.'), from: text('The master before.'), segment: session['segment']!,
	}],
	'vip-claimed': [{address: address('The virtual address.')}, {mac: text('Who answers for it now.'), was: text('Who did before.'), director: address('The same, as a director.'), segment: session['segment']!}],
	takeover: [{
		kind: oneOf('How it came about.', ['planned', 'crash', 'preempt', 'sync']), from: address('The old master.'), to: address('The new master.'),
		at: time('First advert, or message, of the new one.'), gap: number('Seconds since the last of the old one.'), ...known, ownKept,
		failBack: flag('It was the master before.'), evidence,
	}, {
		lostMessages: integer('Messages lost while it listened.'), vrids: list(integer('Virtual router.'), 'Virtual routers.'), fromPriority: integer('Of the old master.'), toPriority: integer('Of the new master.'),
		advert: time('Its first advert.'), message: time('Its first message.'), udp: object(known), segment: session['segment']!, pair: text('The pair.'),
	}],
	'takeover-account': [{from: address('The old master.'), to: address('The new master.'), at: time('The takeover.'), held: known.held, known: known.known, ...accounts}, {
		age: number('Seconds since the takeover.'), ownKept, settled: flag('These are the last figures.'), advert: time('First advert of the new master.'), message: time('Its first message.'),
		oldMasterSync: time('Last message of the old master.'), udp: object({held: known.held, known: known.known, ...accounts}), segment: session['segment']!, pair: text('The pair.'),
	}],
	'split-brain': [{directors: list(address('A director.'), 'Both masters.'), evidence}, {
		vrid: integer('Virtual router.'), by: oneOf('What it was noticed by.', ['vrrp', 'sync']), priorities: list(integer('Priority.'), 'In the order of directors.'), since: time('Since when.'),
	}],
	'split-brain-end': [{directors: list(address('A director.'), 'Both masters.'), evidence}, {
		vrid: integer('Virtual router.'), winner: address('Who is left.'), seconds: number('How long it lasted.'), onlyBy: list(integer('Sessions.'), 'Open sessions that one announced and the others do not know, in the order of directors.'),
	}],
	silent: [director, {
		vrid: integer('Virtual router.'), priority: integer('As last advertised.'), what: text('What is missing.'), seconds: number('For how long.'),
		syncGoesOn: flag('Its sync messages still come.'), segment: session['segment']!,
	}],
	restart: [{...director, port: port('Of the sync group.')}, {sourcePort: port('Source port now.'), was: port('Source port before.'), segment: session['segment']!}],
	'wire-loss': [{...director, lost: integer('Messages missing in this gap.', 1), lostMessages: integer('Of this sender so far.', 1)}, {segment: session['segment']!}],
	limit: [{what: oneOf('What found no room: the bounds keep anyone on the link from filling the memory.', limitNames), count: integer('How many since the last such event.', 1), detail: text('The same in words.')}],
	note: [{text: text('A remark of a person.')}],
	source: [{state: text('up, down, gone, ended, failed; drops; behind; of a recording up, failing, closed.')}, {
		segment: session['segment']!, detail: text('Why, and what it hides.'), drops: integer('Packets lost there so far.'), lostChanges: integer('Changes that the reader of this output was too slow for.'),
		recording: text('The file, where this is about the recording.'), lost: integer('Packets that could not be recorded so far.'),
	}],
	suspend: [{seconds: number('How long this host slept.')}],
	config: [{state: oneOf('What became of the new configuration.', ['reloaded', 'refused']), detail: text('What changed, or why not.')}],
	trigger: [{trigger: text('Its name.'), outcome: oneOf('How it ended.', ['ok', 'failed', 'timeout', 'dropped', 'dry-run', 'killed'])}, {
		cause: text('The event that set it off.'), action: text('What ran.'), detail: text('Why.'), count: integer('How many were dropped.'), seconds: number('How long it took.'),
	}],
};

const line = (type: string, fields: Schema): Schema => ({
	...fields,
	required: ['v', 'type', ...fields['required'] as string[]],
	properties: {v: {const: schemaVersion}, type: {const: type}, ...fields['properties'] as object},
});

const eventLine = (name: string, [required, optional]: readonly [Fields, Fields?]): Schema =>
	line('event', object({time: time('When it happened.'), event: {const: name}, ...required}, optional));

const definitions: Readonly<Record<string, Schema>> = {
	table: line('table', table),
	connection: line('connection', object(session, sessionExtras)),
	record: line('record', record),
	...Object.fromEntries(Object.entries(events).map(([name, fields]) => [`event-${name}`, eventLine(name, fields)])),
};

/** Names of all events that a line can be about. */
export const eventNames: readonly string[] = Object.keys(events);

/** What `--json-schema` prints: a schema that every line satisfies. */
export const schema: Schema = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	$id: `urn:ipvstop:lines:${schemaVersion}`,
	title: `Lines of ipvstop --list, --records and --events with --json, version ${schemaVersion}`,
	description: 'Fields may be added within a version: ignore what you do not know.',
	oneOf: Object.keys(definitions).map(name => ({$ref: `#/$defs/${name}`})),
	$defs: definitions,
};
