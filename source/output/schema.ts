import {eventKinds} from '../events/catalogue.js';
import {type EventKind} from '../events/describe.js';
import {address, integer, port, schemaOf, text, time, type Fields, type JsonSchema} from '../events/field.js';
import {forward, pe, peData, reason, session, sessionExtras} from '../events/session-fields.js';

/*
The lines of --list, --records and --events with --json, as JSON Schema (2020-12). Fields may be added within version 1;
none is taken away or changes its meaning.
*/
export const schemaVersion = 1;

const table = {
	at: time('The moment of the table.'),
	connections: integer('Connections in it.'),
	templates: integer('Persistence templates in it.'),
	source: text('What was listened to.'),
} satisfies Fields;

const record = {
	time: time('When the message was heard.'),
	segment: session.segment,
	source: address('Sender of the message.'),
	sourcePort: port('Its port.'),
	syncPort: port('The port it was sent to.'),
	syncid: integer('Sync id of the message.'),
	version: integer('Version of the sync protocol, 0 or 1.'),
	index: integer('Place of the record in its message.'),
	proto: session.proto, state: session.state,
	client: session.client, cport: session.cport,
	virtual: session.virtual, vport: session.vport,
	real: session.real, rport: session.rport,
	forward, fwmark: session.fwmark, flags: session.flags, template: session.template,
	timeout: integer('Seconds, as announced; 0 leaves it to the receiver.'),
} satisfies Fields;

const line = (type: string, required: Fields, optional?: Fields): JsonSchema => {
	const schema = schemaOf(required, optional);
	return {
		...schema,
		required: ['v', 'type', ...schema.required],
		properties: {v: {const: schemaVersion}, type: {const: type}, ...schema.properties},
	};
};

const eventLine = ({name, required, optional}: EventKind): JsonSchema =>
	line('event', {time: time('When it happened.'), event: {schema: {const: name}}, ...required}, optional);

const definitions: Readonly<Record<string, JsonSchema>> = {
	table: line('table', table),
	connection: line('connection', session, sessionExtras),
	record: line('record', record, {pe, peData, refused: reason}),
	...Object.fromEntries(eventKinds.map(kind => [`event-${kind.name}`, eventLine(kind)])),
};

/** What `--json-schema` prints: a schema that every line satisfies. */
export const schema: JsonSchema = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	$id: `urn:ipvstop:lines:${schemaVersion}`,
	title: `Lines of ipvstop --list, --records and --events with --json, version ${schemaVersion}`,
	description: 'Fields may be added within a version: ignore what you do not know.',
	oneOf: Object.keys(definitions).map(name => ({$ref: `#/$defs/${name}`})),
	$defs: definitions,
};
