import {absent, eventKinds} from '../../source/events/catalogue.js';
import {type Bound, type EventKind} from '../../source/events/describe.js';
import {type Fields, type JsonSchema} from '../../source/events/field.js';
import {session, sessionExtras} from '../../source/events/session-fields.js';
import {bold, entry, nextParagraph, paragraph, section, subsection} from './roff.js';

/** What every address and time is like is said once. */
const plainly = ({description}: JsonSchema): string => String(description).replace(/ IPv4 or IPv6\.$| RFC 3339, UTC, microseconds\.$/v, '').replace(/\.$/v, '');

const fieldTexts = (fields: Fields): string[] => Object.entries(fields).map(([name, {schema}]) => {
	const words = schema['enum'] as readonly string[] | undefined;
	const description = plainly(schema);
	return `\`${name}\`: ${description}${words && words.length <= 8 ? ` (${words.join(', ')})` : ''}.`;
});

/** What a session has is described once. */
const ownFields = ({required, optional}: Pick<EventKind, 'required' | 'optional'>): Fields => Object.fromEntries(Object.entries({...required, ...optional})
	.filter(([name, field]) => (session as Fields)[name] !== field && (sessionExtras as Fields)[name] !== field));

const boundText = ({most, seconds, subject}: Bound): string => ` At most ${most} in ${seconds === 1 ? 'a second' : `${seconds} s`} for each ${subject}.`;

const eventEntry = (kind: EventKind): string[] => {
	const {name, doc, bound, mark, required} = kind;
	const fields = fieldTexts(ownFields(kind));
	return entry(bold(name), [
		`${doc}${bound ? boundText(bound) : ''}${mark ? ` On the time line: ${mark.letter}.` : ''}`,
		...(required['client'] ? ['It has the fields of a session.'] : []),
		...fields,
	].join(' '));
};

/** What can happen, from the catalogue of the code itself. */
export const eventSection = (): string[] => [
	...section('Events'),
	...paragraph('What `--events` prints, a line each; what the screen shows in its view of events; what sets triggers off. With `--json` a line has the fields that are named here, beside `v`, `type`, `time` and `event`; those that say nothing are left out, addresses are IPv4 or IPv6, times RFC 3339 in UTC, and `--json-schema` prints all of it for machines. What is beyond the bound of an event is counted, and told as `limit`.'),
	...eventKinds.flatMap(kind => eventEntry(kind)),
	...nextParagraph(`The actions of a trigger can get one more, \`${absent.name}\`: ${absent.doc} ${fieldTexts(absent.required).join(' ')}`),
	...subsection('Fields of a session'),
	...Object.entries({...session, ...sessionExtras}).flatMap(([name, {schema}]) => entry(bold(name), `${plainly(schema)}.`)),
];
