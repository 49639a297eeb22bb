/*
Describes plain values once, and both ways: to JSON that can be kept, and back from JSON that somebody may have bent. What comes in is
checked to the last field: every type, range, length and reference. What goes out is checked as well: a field that no shape
knows is a fault of ours, found by the first save.

JSON has neither Map, Set and typed arrays, nor NaN and infinities, nor two references to one object: each has its way here.
*/

/** Octets that are no checkpoint of ours: why, and where in it. */
export class CheckpointError extends Error {
	override readonly name = 'CheckpointError';
}

/** Why a value does not have its shape. `at`: its place in the whole, as `pairs[3].segment`. */
const refuse = (at: string, problem: string): never => {
	throw new CheckpointError(`${at || 'the whole'} ${problem}`);
};

/** Objects that were met on the way, by the name of their kind: those that are referred to from several places keep that. */
export type Written = Map<object, number>;
export type Read = Map<number, {readonly kind: string; readonly value: object}>;

export type Shape<T> = {
	/** What it describes, in a text that changes with it. */
	readonly text: string;
	encode(value: T, at: string, written: Written): unknown;
	decode(json: unknown, at: string, read: Read): T;
};

/** The value behind a shape. */
export type Of<S> = S extends Shape<infer T> ? T : never;

export const encodeValue = <T>(shape: Shape<T>, value: T): unknown => shape.encode(value, '', new Map());

/** Throws a `CheckpointError` when `json` is not of the shape. */
export const decodeValue = <T>(shape: Shape<T>, json: unknown): T => shape.decode(json, '', new Map());

/** A shape whose values go as they are, when `isIt` says that they are of it. */
const plain = <T>(text: string, isIt: (value: unknown) => boolean): Shape<T> => {
	const check = (value: unknown, at: string): T => isIt(value) ? value as T : refuse(at, `is not ${text}`);
	return {text, encode: check, decode: check};
};

export const flag: Shape<boolean> = plain('a boolean', value => typeof value === 'boolean');

/** A whole number, both ends included. */
export const integer = (least = 0, most: number = Number.MAX_SAFE_INTEGER): Shape<number> =>
	plain(`a whole number from ${least} to ${most}`, value => Number.isSafeInteger(value) && !Object.is(value, -0) && (value as number) >= least && (value as number) <= most);

/** Unsigned words of 32 bits. */
export const word: Shape<number> = integer(0, 0xff_ff_ff_ff);

/** Any number at all, also those that JSON has no word for. */
export const real: Shape<number> = {
	text: 'a number',
	encode: (value, at) => typeof value === 'number' ? (Number.isFinite(value) && !Object.is(value, -0) ? value : (Object.is(value, -0) ? '-0' : String(value))) : refuse(at, 'is not a number'),
	decode(json, at) {
		if (typeof json === 'number') {
			return json;
		}

		return json === 'NaN' || json === 'Infinity' || json === '-Infinity' || json === '-0' ? Number(json) : refuse(at, 'is not a number');
	},
};

/** Text of at most so many UTF-16 units. */
export const text = (most: number): Shape<string> => plain(`a text of at most ${most} characters`, value => typeof value === 'string' && value.length <= most);

/** One of some words, numbers or booleans. */
export const oneOf = <const T extends string | number | boolean>(...values: readonly T[]): Shape<T> =>
	plain(`one of ${values.map(value => JSON.stringify(value)).join(' ')}`, value => values.includes(value as T));

/** A value, or undefined. */
export const optional = <T>(shape: Shape<T>): Shape<T | undefined> => ({
	text: `${shape.text} or nothing`,
	encode: (value, at, written) => value === undefined ? null : [shape.encode(value, at, written)],
	decode: (json, at, read) => json === null ? undefined : (Array.isArray(json) && json.length === 1 ? shape.decode(json[0], at, read) : refuse(at, 'is neither nothing nor one value')),
});

const listOf = (json: unknown, at: string, most: number): readonly unknown[] =>
	Array.isArray(json) && json.length <= most ? json : refuse(at, `is not a list of at most ${most}`);

export const arrayOf = <T>(shape: Shape<T>, most: number): Shape<T[]> => ({
	text: `a list of at most ${most} of ${shape.text}`,
	encode: (value, at, written) => listOf(value, at, most).map((one, index) => shape.encode(one as T, `${at}[${index}]`, written)),
	decode: (json, at, read) => listOf(json, at, most).map((one, index) => shape.decode(one, `${at}[${index}]`, read)),
});

/** Exactly so many of one shape. */
export const list = <T>(shape: Shape<T>, count: number): Shape<T[]> => {
	const some = arrayOf(shape, count);
	return {
		text: `a list of ${count} of ${shape.text}`,
		encode: (value, at, written) => value.length === count ? some.encode(value, at, written) : refuse(at, `is not a list of ${count}`),
		decode: (json, at, read) => listOf(json, at, count).length === count ? some.decode(json, at, read) : refuse(at, `is not a list of ${count}`),
	};
};

/** The same for a list that its type calls read-only. */
export const readonlyArray = <T>(shape: Shape<T>, most: number): Shape<readonly T[]> => arrayOf(shape, most);

/** As many values as there are shapes. */
export const tuple = <const T extends readonly unknown[]>(...shapes: {readonly [Key in keyof T]: Shape<T[Key]>}): Shape<T> => ({
	text: `the list of ${shapes.map(shape => shape.text).join(', then ')}`,
	encode: (value, at, written) => value.length === shapes.length
		? shapes.map((shape, index) => shape.encode(value[index], `${at}[${index}]`, written))
		: refuse(at, 'has another length'),
	decode: (json, at, read) => Array.isArray(json) && json.length === shapes.length
		? shapes.map((shape, index) => shape.decode(json[index], `${at}[${index}]`, read)) as unknown as T
		: refuse(at, 'has another length'),
});

export const map = <Key, T>(key: Shape<Key>, shape: Shape<T>, most: number): Shape<Map<Key, T>> => ({
	text: `at most ${most} from ${key.text} to ${shape.text}`,
	encode(value, at, written) {
		return value instanceof Map && value.size <= most
			? [...value].map(([one, other], index) => [key.encode(one, `${at} key ${index}`, written), shape.encode(other, `${at}(${String(one)})`, written)])
			: refuse(at, `is not a map of at most ${most}`);
	},
	decode(json, at, read) {
		const decoded = new Map<Key, T>();
		for (const [index, pair] of listOf(json, at, most).entries()) {
			const [one, other] = Array.isArray(pair) && pair.length === 2 ? pair as [unknown, unknown] : refuse(at, `has no key and value at ${index}`);
			decoded.set(key.decode(one, `${at} key ${index}`, read), shape.decode(other, `${at}(${String(one)})`, read));
		}

		return decoded.size === (json as unknown[]).length ? decoded : refuse(at, 'has a key twice');
	},
});

export const set = <T>(shape: Shape<T>, most: number): Shape<Set<T>> => ({
	text: `a set of at most ${most} of ${shape.text}`,
	encode: (value, at, written) => value instanceof Set && value.size <= most
		? [...value].map((one, index) => shape.encode(one, `${at}[${index}]`, written))
		: refuse(at, `is not a set of at most ${most}`),
	decode(json, at, read) {
		const decoded = new Set(listOf(json, at, most).map((one, index) => shape.decode(one, `${at}[${index}]`, read)));
		return decoded.size === (json as unknown[]).length ? decoded : refuse(at, 'has a value twice');
	},
});

/** A list of places some of which may be empty, as `list[7] = …` leaves it. */
export const sparse = <T>(shape: Shape<T>, most: number): Shape<T[]> => ({
	text: `a list of places up to ${most} of ${shape.text}`,
	encode: (value, at, written) => listOf(value, at, most).length === 0 ? [] : [value.length, ...Object.keys(value).map(key => [Number(key), shape.encode(value[Number(key)]!, `${at}[${key}]`, written)])],
	decode(json, at, read) {
		const [length, ...places] = listOf(json, at, most + 1);
		const decoded: T[] = [];
		if (length === undefined) {
			return decoded;
		}

		decoded.length = integer(1, most).decode(length, `${at} length`, read);
		for (const place of places) {
			const [index, value] = Array.isArray(place) && place.length === 2 ? place as [unknown, unknown] : refuse(at, 'has a place without a value');
			const where = integer(0, decoded.length - 1).decode(index, `${at} place`, read);
			if (where in decoded) {
				refuse(at, `has place ${where} twice`);
			}

			decoded[where] = shape.decode(value, `${at}[${where}]`, read);
		}

		return decoded;
	},
});

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown, at: string): Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value) && [null, Object.prototype].includes(Object.getPrototypeOf(value) as null)
		? value as Fields
		: refuse(at, 'is not an object');

type StructShape<T> = Shape<T> & {fill(target: T, json: unknown, at: string, read: Read): void};

/**
An object of exactly these fields. The compiler wants a shape for each field of `T`; what is optional there (`?`) may be left out.
*/
export const struct = <T extends object>(shapes: {readonly [Key in keyof Required<T>]: Shape<T[Key]>}): StructShape<T> => {
	const entries = Object.entries(shapes) as Array<[keyof T & string, Shape<unknown>]>;
	const known = new Set<string>(Object.keys(shapes));
	const stranger = (fields: object): string | undefined => Object.keys(fields).find(key => !known.has(key));

	const fill = (target: T, json: unknown, at: string, read: Read): void => {
		const fields = fieldsOf(json, at);
		const more = stranger(fields);
		if (more !== undefined) {
			refuse(at, `has a field ${more.slice(0, 40).replaceAll(/[^\u{20}-\u{7E}]/gv, '?')} that it should not have`);
		}

		for (const [key, shape] of entries) {
			if (Object.hasOwn(fields, key)) {
				target[key] = shape.decode(fields[key], `${at}.${key}`, read) as T[typeof key];
			} else if (!shape.text.endsWith(' or nothing')) {
				refuse(at, `lacks ${key}`);
			}
		}
	};

	return {
		text: `{${entries.map(([key, shape]) => `${key}: ${shape.text}`).join('; ')}}`,
		fill,
		encode(value, at, written) {
			const more = stranger(fieldsOf(value, at));
			if (more !== undefined) {
				refuse(at, `has a field ${more} of which its shape knows nothing`);
			}

			const json: Record<string, unknown> = {};
			for (const [key, shape] of entries) {
				if (Object.hasOwn(value, key)) {
					json[key] = shape.encode(value[key], `${at}.${key}`, written);
				} else if (!shape.text.endsWith(' or nothing')) {
					refuse(at, `lacks ${key}`);
				}
			}

			return json;
		},
		decode(json, at, read) {
			const value = Object.create(Object.prototype) as T;
			fill(value, json, at, read);
			return value;
		},
	};
};

/**
Objects that are referred to from several places: whole where they are met first, by number further on. They are one object again
afterwards, also where they refer to each other. `kind` tells them from others: a reference leads only to its kind.
*/
export const shared = <T extends object>(kind: string, shapeOf: () => StructShape<T>, most: number): Shape<T> => ({
	text: `shared ${kind}`,
	encode(value, at, written) {
		const known = written.get(value);
		if (known !== undefined) {
			return known;
		}

		const number = written.size;
		written.set(value, number);
		return [number, shapeOf().encode(value, at, written)];
	},
	decode(json, at, read) {
		if (typeof json === 'number') {
			const found = read.get(json);
			return found?.kind === kind ? found.value as T : refuse(at, `refers to no ${kind}`);
		}

		const [number, fields] = Array.isArray(json) && json.length === 2 ? json as [unknown, unknown] : refuse(at, `is no ${kind}`);
		if (number !== read.size || read.size >= most) {
			refuse(at, `is ${kind} number ${String(number).slice(0, 20)}, where ${read.size} comes next`);
		}

		const value = Object.create(Object.prototype) as T;
		read.set(read.size, {kind, value});
		shapeOf().fill(value, fields, at, read);
		return value;
	},
});

const isData = (value: unknown, depth: number): boolean => {
	if (value === undefined || value === null || typeof value === 'boolean' || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) {
		return true;
	}

	return depth > 0 && typeof value === 'object' && Object.values(value).every(one => isData(one, depth - 1));
};

/** The fields of an event, of which only their writer knows what they are: whatever JSON can say, in at most so many characters. */
export const data = (most: number): Shape<Readonly<Record<string, unknown>>> => ({
	text: `data of at most ${most} characters`,
	encode(value, at) {
		const json = isData(value, 8) ? JSON.stringify(value) : refuse(at, 'is more than data');
		return json.length <= most ? json : refuse(at, `has more than ${most} characters`);
	},
	decode(json, at) {
		if (typeof json !== 'string' || json.length > most) {
			return refuse(at, `is no text of at most ${most} characters`);
		}

		try {
			const value: unknown = JSON.parse(json);
			return isData(value, 8) ? fieldsOf(value, at) : refuse(at, 'is nested too deep');
		} catch (error) {
			return error instanceof CheckpointError ? refuse(at, 'is not data') : refuse(at, 'is no JSON');
		}
	},
});

/** Octets, at most so many, as base64. */
export const blob = (most: number): Shape<Uint8Array> => ({
	text: `at most ${most} octets`,
	encode: (value, at) => value instanceof Uint8Array && value.length <= most ? Buffer.from(value).toString('base64') : refuse(at, `is not at most ${most} octets`),
	decode(json, at) {
		if (typeof json !== 'string' || json.length > Math.ceil(most / 3) * 4) {
			return refuse(at, `is not at most ${most} octets`);
		}

		const decoded = Buffer.from(json, 'base64');
		return decoded.toString('base64') === json && decoded.length <= most ? Uint8Array.from(decoded) : refuse(at, 'is not base64');
	},
});

/** Typed arrays of one length, as base64 of their octets. */
const typed = <T extends Int32Array | Float64Array>(Kind: new (count: number) => T, count: number, what: string): Shape<T> => {
	const made = new Kind(0);
	const octetsEach = made.BYTES_PER_ELEMENT;
	const some = blob(count * octetsEach);
	return {
		text: `${count} ${what}`,
		encode: (value, at, written) => value instanceof Kind && value.length === count
			? some.encode(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), at, written)
			: refuse(at, `is not ${count} ${what}`),
		decode(json, at, read) {
			const octets = some.decode(json, at, read);
			if (octets.length !== count * octetsEach) {
				return refuse(at, `is not ${count} ${what}`);
			}

			const value = new Kind(count);
			new Uint8Array(value.buffer).set(octets);
			return value;
		},
	};
};

/** Signed words of 32 bits, exactly so many. */
export const words = (count: number): Shape<Int32Array> => typed<Int32Array>(Int32Array, count, 'words');

/** Doubles, exactly so many; also those that are no numbers. */
export const doubles = (count: number): Shape<Float64Array> => typed<Float64Array>(Float64Array, count, 'doubles');
