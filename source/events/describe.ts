import {type Fields, type Holding, type NoFields, type ValuesOf} from './field.js';

/*
What is true of all events of a kind.
*/
/** How an event is meant; the theme says how that looks. */
type EventTone = 'plain' | 'heading' | 'good' | 'warning' | 'alarm' | 'fresh';

/** How much a line of the failover view asks for a look. */
export type Level = 'alarm' | 'warning' | 'note';

/** Its letter on the time line. Where several fall together the highest rank is seen. */
export type Mark = {readonly letter: string; readonly rank: number; readonly tone: EventTone};

/** How many are told of one subject in so many seconds. More of them say nothing new, and bury what does: they are counted. */
export type Bound = {readonly most: number; readonly seconds: number; readonly subject: string};

/** How a sentence names an address: a director by its letter and name, any other as it is. */
export type Who = (address: string) => string;

export type AnyValues = Readonly<Record<string, unknown>>;

/** What can be told from one thread to another: a name, and the type of what is said under it. */
export type ToldKind<Name extends string = string, Values extends AnyValues = AnyValues> = Holding<Values> & {readonly name: Name};
export type ValuesOfKind<Kind extends ToldKind> = Kind extends ToldKind<string, infer Values> ? Values : never;

/** A kind of event. */
export type EventKind<Name extends string = string, Values extends AnyValues = AnyValues> = ToldKind<Name, Values> & {
	/** What it means that one is told. */
	readonly doc: string;
	readonly required: Fields;
	readonly optional: Fields;
	readonly bound: Bound | undefined;
	readonly mark: Mark | undefined;
	readonly tone: EventTone;
	/** Where it depends on what is said. */
	toneOf(values: Values): EventTone;
	/** What happened, in plain words. It gives texts as it gets them: those from the wire are escaped before. */
	sentence(values: Values, who: Who): string;
	/** The same in the failover view, in a few words beside the name and the directors. */
	brief(values: Values): string;
	level(values: Values): Level;
};

type Description<Required extends Fields, Optional extends Fields> = {
	readonly doc: string;
	/** Those that are always there, then others. */
	readonly fields: Required;
	readonly others?: Optional;
	readonly bound?: Bound;
	readonly mark?: Mark;
	readonly tone?: EventTone;
	readonly toneOf?: (values: ValuesOf<Required, Optional>) => EventTone;
	readonly sentence?: (values: ValuesOf<Required, Optional>, who: Who) => string;
	readonly brief?: string | ((values: ValuesOf<Required, Optional>) => string);
	readonly level?: Level | ((values: ValuesOf<Required, Optional>) => Level);
};

/** For kinds without a sentence of their own: each field with its value. */
const allFields = (values: AnyValues): string => Object.entries(values)
	.filter(([name, value]) => name !== 'event' && value !== undefined && typeof value !== 'object')
	.map(([name, value]) => `${name} ${String(value)}`)
	.join(', ');

const always = <Value, Word extends string>(word: Word | ((value: Value) => Word)): ((value: Value) => Word) => typeof word === 'function' ? word : () => word;

export const event = <const Name extends string, Required extends Fields, Optional extends Fields = NoFields>(
	name: Name,
	{doc, fields, others, bound, mark, tone = 'plain', toneOf = () => tone, sentence = allFields, brief = '', level = 'note'}: Description<Required, Optional>,
): EventKind<Name, ValuesOf<Required, Optional>> => ({
	name, doc, required: fields, optional: others ?? {}, bound, mark, tone, toneOf, sentence,
	brief: always(brief),
	level: always(level),
});
