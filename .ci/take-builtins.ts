/*
Node answers `import` of a module of its own with all that this exports, and reads each export once for it: `node:fs` so loads its promises
and these readline, `node:util` a parser of options, `node:process` all three standard streams. That is 10 to 15 ms of a start, in each
thread. In the bundle builtin modules are asked for what is used alone, and those that take long themselves when it is first called.
*/
import {createRequire} from 'node:module';

/** Modules that take 1 to 4 ms each, and of which most starts need nothing. */
const heavy = new Set(['node:child_process', 'node:crypto', 'node:dgram', 'node:fs/promises', 'node:net', 'node:timers/promises', 'node:v8', 'node:zlib']);

const importing = /\bimport(?=[\s*\{])(?<what>[\w\s$*,\{\}]+)from ?"(?<name>node:(?!module")[\w\/]+)";/gv;
const require = createRequire(import.meta.url);

/** One name of a module, by another name here. A function is called through one that asks for it then. */
const taken = (module: string, words: string): string => {
	const [name, own = name] = words.trim().split(/ as /v) as [string, string?];
	const isFunction = /^[a-z]/v.test(name) && typeof (require(module) as Record<string, unknown>)[name] === 'function';
	return heavy.has(module) && isFunction
		? `${own}=(...words)=>globalThis.process.getBuiltinModule("${module}").${name}(...words)`
		: `${own}=globalThis.process.getBuiltinModule("${module}").${name}`;
};

/** The text of a module of the bundle, whose first line may be for the shell. `globalThis.process.getBuiltinModule` is there when it is loaded. */
export const takeBuiltins = (text: string): string => {
	const mended = text.replaceAll(importing, (...all) => {
		const {what, name} = all.at(-1) as {readonly what: string; readonly name: string};
		const [outside = '', names = ''] = what.split(/[\{\}]/v);
		const whole = outside.replaceAll(/\* ?as |[,\s]/gv, '');
		return `const ${[
			...(whole === '' ? [] : [`${whole}=globalThis.process.getBuiltinModule("${name}")`]),
			...names.split(',').filter(words => words.trim() !== '').map(words => taken(name, words)),
		].join(',')};`;
	});
	if (/from ?"node:(?!module")/v.test(mended)) {
		throw new Error('A builtin module is imported in a way that was not expected');
	}

	return mended;
};
