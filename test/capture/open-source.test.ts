import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {dirname, join} from 'node:path';
import test from 'node:test';
import {openSource, type SourceOptions} from '../../source/capture/open-source.js';
import {CaptureError} from '../../source/capture/source.js';
import {describeUnusablePcap} from '../../source/capture/live/pcap-binding.js';
import {fileOf, pcapAt} from './pcap-file.js';
import {createRecordingSink} from './recording-sink.js';

const optionsOf = (options: Partial<SourceOptions>): SourceOptions => ({
	read: [], via: [], join: false, interfaces: [], passive: false, groups: ['224.0.0.81'], ports: [8848], speed: 1, screen: false, ...options,
});

test('a file is paced on the screen only, a pipe never; what is paced can be steered', context => {
	const path = fileOf(context, pcapAt([1]));
	const pipe = join(dirname(path), 'pipe');
	execFileSync('mkfifo', [pipe]);
	const paceOf = (file: string, screen: boolean): unknown[] => {
		const {pace, controls} = openSource(optionsOf({read: [{path: file}], screen}));
		return [pace, controls !== undefined];
	};

	assert.deepEqual(paceOf(path, true), ['paced', true]);
	assert.deepEqual(paceOf(path, false), ['packet', false]);
	assert.deepEqual(paceOf(pipe, true), ['stream', false]);
	assert.deepEqual(paceOf(pipe, false), ['packet', false]);
	assert.deepEqual(paceOf('/nonexistent', true), ['paced', true]);
});

test('a capture that comes through a named pipe is read like a file', async context => {
	const path = fileOf(context, pcapAt([1, 2, 3]));
	const pipe = join(dirname(path), 'pipe');
	execFileSync('mkfifo', [pipe]);
	execFileSync('sh', ['-c', 'cat "$0" > "$1" 2> /dev/null &', path, pipe], {stdio: 'ignore'});
	const source = openSource(optionsOf({read: [{name: 'seg', path: pipe}]}));
	const sink = createRecordingSink();
	await source.start(sink);
	assert.deepEqual(await source.ended, {problems: [], remarks: []});
	assert.equal(sink.packets().length, 3);
});

test('files that are called the same are told apart by their folders, unless they are given one name', context => {
	const one = fileOf(context, pcapAt([1]));
	const other = fileOf(context, pcapAt([2]));
	assert.equal(openSource(optionsOf({read: [{path: one}, {path: other}]})).description, `2 files ${one}, ${other}`);
	assert.equal(openSource(optionsOf({read: [{name: 'a', path: one}, {name: 'a', path: other}]})).description, '2 files a, a');
	assert.equal(openSource(optionsOf({read: [{path: one}]})).description, 'file capture.pcap');
});

test('a target that cannot be understood is refused before anything is opened', () => {
	assert.throws(() => openSource(optionsOf({via: ['x=cat "']})), (error: unknown) => error instanceof CaptureError && error.exitCode === 2);
});

test('an addon that cannot be loaded is explained with its remedy', () => {
	const reasons = [
		[Object.assign(new Error('Cannot find module \'pcap/build\'\nRequire stack:'), {code: 'MODULE_NOT_FOUND'}), /: the optional package pcap was not built\. With a compiler/],
		[new Error('libpcap.so.0.8: cannot open shared object file: No such file or directory'), /: the library libpcap is missing\. With a compiler/],
		[new Error('The module x.node\nwas compiled against a different version, NODE_MODULE_VERSION 115'), /: the package pcap was built for another Node\. With a compiler/],
		[new Error('anything else'), /: anything else\. With a compiler/],
	] as const;
	for (const [error, expected] of reasons) {
		assert.match(describeUnusablePcap(error), expected);
	}
});
