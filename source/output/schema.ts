import {eventKinds} from '../events/catalogue.js';
import {type EventKind} from '../events/describe.js';
import {integer, schemaOf, text, time, type Fields, type JsonSchema} from '../events/field.js';
import {session, sessionExtras} from '../events/session-fields.js';
import {recordFields} from './records.js';

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
	record: line('record', recordFields(false), recordFields(true)),
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
