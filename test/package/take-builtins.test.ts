import assert from 'node:assert/strict';
import {test} from 'node:test';
import {takeBuiltins} from '../../.ci/take-builtins.js';

test('what is imported of Node is asked for by name', () => {
	assert.equal(takeBuiltins('import fs,{statSync,readSync as read}from"node:fs";import*as os from"node:os";import x from"./x.js";'), [
		'const fs=globalThis.process.getBuiltinModule("node:fs"),statSync=globalThis.process.getBuiltinModule("node:fs").statSync,',
		'read=globalThis.process.getBuiltinModule("node:fs").readSync;const os=globalThis.process.getBuiltinModule("node:os");import x from"./x.js";',
	].join(''));
});

test('a module that takes long itself is loaded when its function is called', () => {
	assert.equal(
		takeBuiltins('import{crc32,constants}from"node:zlib";'),
		'const crc32=(...words)=>globalThis.process.getBuiltinModule("node:zlib").crc32(...words),constants=globalThis.process.getBuiltinModule("node:zlib").constants;',
	);
});
