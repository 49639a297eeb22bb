/*
What a field of a line holds: as JSON Schema for those who read lines, and as a type for those who read the source.
*/
export type JsonSchema = Readonly<Record<string, unknown>>;

declare const holds: unique symbol;
/** Ties a description to the type of what it describes. Never there when the program runs. */
export type Holding<Value> = {readonly [holds]?: Value};

/** A field: what it holds in JSON, and what that is here. */
export type Field<Value = unknown> = Holding<Value> & {readonly schema: JsonSchema};
export type Fields = Readonly<Record<string, Field>>;
export type NoFields = Record<never, Field>;
type ValueOf<One> = One extends Holding<infer Value> ? Value : never;

/** The values of fields: those that are always there, and others. */
export type ValuesOf<Required extends Fields, Optional extends Fields = NoFields> =
	& {readonly [Name in keyof Required]: ValueOf<Required[Name]>}
	& {readonly [Name in keyof Optional]?: ValueOf<Optional[Name]> | undefined};

/** `Word`: the words that it can be, where they are few and more may come. */
export const text = <Word extends string = string>(description: string): Field<Word> => ({schema: {type: 'string', description}});
export const integer = (description: string, minimum = 0): Field<number> => ({schema: {type: 'integer', minimum, description}});
export const number = (description: string): Field<number> => ({schema: {type: 'number', description}});
export const flag = (description: string): Field<boolean> => ({schema: {type: 'boolean', description}});
export const oneOf = <const Word extends string>(description: string, words: readonly Word[]): Field<Word> => ({schema: {enum: words, description}});
export const list = <Value>(items: Field<Value>, description: string): Field<readonly Value[]> => ({schema: {type: 'array', items: items.schema, description}});
export const port = (description: string): Field<number> => ({schema: {type: 'integer', minimum: 0, maximum: 65_535, description}});
export const address = (description: string): Field<string> => text(`${description} IPv4 or IPv6.`);
export const time = (description: string): Field<string> => ({
	schema: {type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`, description: `${description} RFC 3339, UTC, microseconds.`},
});

/** The schema of an object with these fields. */
export const schemaOf = (required: Fields, optional: Fields = {}) => ({
	type: 'object',
	required: Object.keys(required),
	properties: Object.fromEntries(Object.entries({...required, ...optional}).map(([name, {schema}]) => [name, schema])),
});

export const object = <Required extends Fields>(required: Required, description: string): Field<ValuesOf<Required>> => ({schema: {...schemaOf(required), description}});

/** The same, or nothing. */
export const orNull = <Value>({schema}: Field<Value>): Field<Value | null> => ({schema: {anyOf: [schema, {type: 'null'}]}});
