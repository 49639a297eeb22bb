import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import ts from 'typescript';

/** Octets come in at `wire`, a frame of text leaves at `app`; what stands left knows nothing of what stands right. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
	wire: [],
	table: ['wire'],
	filter: ['wire', 'table'],
	capture: ['wire'],
	monitor: ['wire', 'table', 'filter', 'capture'],
	view: ['wire', 'table', 'filter', 'monitor'],
	output: ['view', 'monitor', 'filter', 'table', 'wire'],
	app: ['view', 'monitor', 'filter', 'table'],
	options: ['app', 'output', 'view', 'monitor', 'capture', 'filter', 'table', 'wire'],
	launch: [],
};

const source = path.join(import.meta.dirname, '../source');
const files = fs.readdirSync(source, {recursive: true, encoding: 'utf8'}).filter(file => /\.tsx?$/v.test(file));
const textOf = (file: string) => fs.readFileSync(path.join(source, file), 'utf8');
const folderOf = (file: string) => file.includes('/') ? file.split('/', 1)[0]! : '';

/** What a file imports, types and `import()` included, as written. */
const importsOf = (file: string) => ts.preProcessFile(textOf(file), true, true).importedFiles.map(({fileName}) => fileName);

test('every folder of the source has its place in the order of imports', () => {
	const folders = new Set(files.map(file => folderOf(file)).filter(Boolean));
	assert.deepEqual([...folders].filter(folder => !Object.hasOwn(mayImport, folder)), []);
});

test('imports between folders point one way, from the octets to the screen', () => {
	const wrong = files.filter(file => folderOf(file)).flatMap(file => importsOf(file)
		.filter(name => name.startsWith('.'))
		.map(name => path.join(path.dirname(file), name))
		.filter(target => folderOf(target) !== folderOf(file) && !mayImport[folderOf(file)]?.includes(folderOf(target)))
		.map(target => `${file} imports ${target}`));
	assert.deepEqual(wrong, []);
});

test('no file imports itself by way of others', () => {
	const targets = new Map(files.map(file => [file, importsOf(file)
		.filter(name => name.startsWith('.'))
		.map(name => path.join(path.dirname(file), name).replace(/\.js$/v, ''))
		.map(target => files.find(one => one.replace(/\.tsx?$/v, '') === target))
		.filter(target => target !== undefined)]));
	const circles: string[] = [];
	const done = new Set<string>();
	const follow = (file: string, way: readonly string[]) => {
		if (way.includes(file)) {
			circles.push([...way.slice(way.indexOf(file)), file].join(' > '));
		} else if (!done.has(file)) {
			for (const target of targets.get(file)!) {
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
	const wrong = files.filter(file => folderOf(file) === 'wire').flatMap(file => [
		...importsOf(file).filter(name => !name.startsWith('.')),
		...textOf(file).match(/\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bprocess\.|\bBuffer\./gv) ?? [],
	].map(what => `${file} uses ${what}`));
	assert.deepEqual(wrong, []);
});

test('the console is loaded by a dynamic import only, so that --help and text output start without Ink', () => {
	const wrong = files.filter(file => folderOf(file) !== 'app')
		.filter(file => /^import (?!type\b)[^;]*from '(?:ink|react|\.{1,2}\/app\/[^']*)'/mv.test(textOf(file)));
	assert.deepEqual(wrong, []);
});
