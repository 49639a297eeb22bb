import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import ts from 'typescript';

/** The rooms from the foundation up: octets come in at the bottom, a frame of text leaves at the top. A room knows only those below it. */
const floors = [
	'wire', 'checkpoint', 'ring', 'table', 'table/write', 'text', 'desk/facts', 'events', 'table/read', 'filter', 'savefile', 'capture', 'demo', 'census', 'desk', 'recording', 'log', 'nats', 'engine',
	'verdict', 'sample', 'output', 'screen', 'options', 'program', '',
] as const;
type Room = (typeof floors)[number];

/** The thread in which a room's code runs; what stands in no list runs in both. */
const captureThread: ReadonlySet<Room> = new Set(['table/write', 'savefile', 'capture', 'demo', 'census', 'desk', 'recording', 'log', 'engine']);
const mainThread: ReadonlySet<Room> = new Set(['nats', 'table/read', 'verdict', 'sample', 'output', 'screen', 'options', 'program', '']);
/** Files on the other side than their room. */
const otherThread: Readonly<Record<string, 'main' | 'both' | 'capture'>> = {
	'table/read/predicates.ts': 'both', // A filter also chooses what is recorded.
	'engine/monitor.ts': 'main', // The handle to the thread.
	'recording/file.ts': 'both', // The first file is made before privileges are given back, in the main thread.
	'recording/holder.ts': 'both', // For that.
	'log/lock.ts': 'both', // Whether it is being written is asked before there is a thread.
	'log/folder.ts': 'both', // What a log holds is asked by the screen, too.
	'log/recent.ts': 'both', // Where several logs begin is asked before there is a thread.
	'program/thread.ts': 'capture', // The launcher of the thread.
	'program/compile-cache.ts': 'both', // Each thread keeps its own compiled code,
	'program/trusted-folder.ts': 'both', // in a folder that nobody else can write to.
};

const source = path.join(import.meta.dirname, '../source');
const files = fs.readdirSync(source, {recursive: true, encoding: 'utf8'}).filter(file => /\.tsx?$/v.test(file));
const textOf = (file: string) => fs.readFileSync(path.join(source, file), 'utf8');

/** The longest room that the file's folder begins with. */
const roomOf = (file: string): Room | undefined => {
	const folder = path.dirname(file).replace(/^\.$/v, '');
	return [...floors].sort((one, other) => other.length - one.length).find(room => room === '' ? folder === '' : folder === room || folder.startsWith(`${room}/`));
};

const threadOf = (file: string) => {
	const room = roomOf(file)!;
	return otherThread[file] ?? (captureThread.has(room) ? 'capture' : (mainThread.has(room) ? 'main' : 'both'));
};

type Import = {readonly name: string; readonly isType: boolean};

const isTypeOnly = (clause: ts.ImportClause | undefined): boolean => clause !== undefined
	&& (clause.phaseModifier === ts.SyntaxKind.TypeKeyword || (!clause.name && clause.namedBindings !== undefined && ts.isNamedImports(clause.namedBindings)
		&& clause.namedBindings.elements.every(element => element.isTypeOnly)));

/** What a file imports, types and `import()` included, as written. */
const importsOf = (file: string): Import[] => {
	const found: Import[] = [];
	const visit = (node: ts.Node) => {
		if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
			found.push({name: node.moduleSpecifier.text, isType: isTypeOnly(node.importClause)});
		} else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
			found.push({name: node.moduleSpecifier.text, isType: node.isTypeOnly});
		} else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
			found.push({name: node.argument.literal.text, isType: true});
		} else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
			const [name] = node.arguments;
			assert.ok(name, file);
			found.push({name: ts.isStringLiteral(name) ? name.text : name.getText(), isType: false});
		}

		ts.forEachChild(node, visit);
	};

	visit(ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true, file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS));
	return found;
};

const imports = new Map(files.map(file => [file, importsOf(file)]));

/** The files of our own that a file imports. */
const targetsOf = (file: string, only: (one: Import) => boolean = () => true): string[] => imports.get(file)!
	.filter(one => one.name.startsWith('.') && only(one))
	.map(({name}) => path.join(path.dirname(file), name).replace(/\.js$/v, ''))
	.map(target => files.find(one => one.replace(/\.tsx?$/v, '') === target))
	.filter(target => target !== undefined);

test('every file of the source stands in a room that has its floor', () => {
	assert.deepEqual(files.filter(file => roomOf(file) === undefined), []);
});

test('imports go downwards only, from the screen to the octets', () => {
	const wrong = files.flatMap(file => targetsOf(file)
		.filter(target => floors.indexOf(roomOf(target)!) > floors.indexOf(roomOf(file)!))
		.map(target => `${file} imports ${target}, but ${roomOf(file)} stands below ${roomOf(target)}`));
	assert.deepEqual(wrong, []);
});

test('no value is imported across the two threads, but from what both share', () => {
	const wrong = files.flatMap(file => targetsOf(file, ({isType}) => !isType)
		.filter(target => threadOf(target) !== 'both' && threadOf(target) !== threadOf(file))
		.map(target => `${file} (${threadOf(file)}) imports a value of ${target} (${threadOf(target)})`));
	assert.deepEqual(wrong, []);
});

test('no room holds more than 13 % of the source', () => {
	const linesOf = (file: string) => textOf(file).split('\n').length;
	const all = files.reduce((sum, file) => sum + linesOf(file), 0);
	const rooms = [...new Set(files.map(file => file.includes('/') ? file.split('/', 1)[0]! : ''))];
	const shares = rooms.map(room => [room, files.filter(file => room === '' ? !file.includes('/') : file.startsWith(`${room}/`)).reduce((sum, file) => sum + linesOf(file), 0) / all] as const);
	assert.deepEqual(shares.filter(([, share]) => share > 0.13).map(([room, share]) => `${room}: ${Math.round(share * 1000) / 10} %`), []);
});

test('no file imports itself by way of others', () => {
	const circles: string[] = [];
	const done = new Set<string>();
	const follow = (file: string, way: readonly string[]) => {
		if (way.includes(file)) {
			circles.push([...way.slice(way.indexOf(file)), file].join(' > '));
		} else if (!done.has(file)) {
			for (const target of targetsOf(file)) {
				follow(target, [...way, file]);
			}

			done.add(file);
		}
	};

	for (const file of files) {
		follow(file, []);
	}

	assert.deepEqual(circles, []);
});

test('octets are decoded without Node, without a clock and without other packages', () => {
	const wrong = files.filter(file => ['wire', 'savefile'].includes(roomOf(file)!)).flatMap(file => [
		...imports.get(file)!.map(({name}) => name).filter(name => !name.startsWith('.')),
		...textOf(file).match(/\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bprocess\.|\bBuffer\./gv) ?? [],
	].map(what => `${file} uses ${what}`));
	assert.deepEqual(wrong, []);
});

test('the console is loaded by a dynamic import only, so that --help and text output start without Ink', () => {
	const wrong = files.filter(file => roomOf(file) !== 'screen')
		.filter(file => /^import (?!type\b)[^;]*from '(?:ink|react)'/mv.test(textOf(file))
			|| /^import (?!type\b)(?!\{(?:type [^,\}]+,? ?)+\})[^;]*from '\.{1,2}\/(?:[^']*\/)?screen\/[^']*'/mv.test(textOf(file)));
	assert.deepEqual(wrong, []);
});
