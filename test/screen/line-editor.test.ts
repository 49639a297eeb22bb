import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {editedLine, editLine, insertText} from '../../source/screen/line-editor.js';
import {keysOf} from '../../source/screen/key-events.js';
import {bindingsWith, bindKeys, keyHelp, keyHints} from '../../source/screen/keymap.js';
import {views} from '../../source/screen/views/views.js';
import {parseMoment} from '../../source/screen/moment.js';

type Key = Parameters<typeof keysOf>[1];
const keyWith = (flags: Partial<Key>): Key => flags as Key;
const noKey = keyWith({});

test('a line is edited as in a shell', () => {
	const typed = [...'proto=udp x'].reduce((state, key) => editLine(state, key)!, editedLine(''));
	assert.deepEqual(editLine(typed, '^W'), {text: 'proto=udp ', cursor: 10});
	assert.deepEqual(editLine({text: 'abc', cursor: 1}, '^K'), {text: 'a', cursor: 1});
	assert.deepEqual(editLine({text: 'abc', cursor: 1}, '^U'), {text: 'bc', cursor: 0});
	assert.deepEqual(editLine({text: 'abc', cursor: 3}, 'Backspace'), {text: 'ab', cursor: 2});
	assert.equal(editLine(typed, 'PgUp'), undefined);
});

test('whatever is pasted becomes harmless text within bounds', () => {
	fc.assert(fc.property(fc.string({unit: 'binary', maxLength: 6000}), text => {
		const {text: kept, cursor} = insertText(editedLine('x'), text);
		assert.ok(kept.length <= 4096 && cursor <= kept.length);
		assert.doesNotMatch(kept, /[\u{0}-\u{1F}\u{7F}]/v);
	}));
});

test('control bytes inside glued input are keys of their own', () => {
	assert.deepEqual(keysOf('jj\u0006k\r\t', noKey), ['j', 'j', '^F', 'k', 'Enter', 'Tab']);
	assert.deepEqual(keysOf('l', keyWith({ctrl: true})), ['^L']);
	assert.deepEqual(keysOf('x', keyWith({meta: true})), []);
});

test('each key has one meaning, and help is made from the bindings', () => {
	bindKeys(new Map(), views);
	const bindings = bindingsWith(views);
	const keys = bindings.flatMap(binding => binding.keys);
	assert.equal(new Set(keys).size, keys.length);
	assert.equal(keyHelp().length, bindings.length);
	assert.ok(keyHelp().every(({help}) => help !== ''));
	assert.ok(keyHints(60).length <= 60);
	assert.match(keyHints(80), /^h help {2}\/ filter/v);
});

test('moments are times of the day of the picture, or distances', () => {
	const at = {nowUs: Date.parse('2026-11-22T14:02:00Z') * 1000, firstUs: Date.parse('2026-11-22T13:00:00Z') * 1000, localTime: false};
	const text = (typed: string) => {
		const us = parseMoment(typed, at);
		return us === undefined ? undefined : new Date(us / 1000).toISOString();
	};

	assert.equal(text('13:30:01.5'), '2026-11-22T13:30:01.500Z');
	assert.equal(text('+90'), '2026-11-22T13:01:30.000Z');
	assert.equal(text('-30s'), '2026-11-22T14:01:30.000Z');
	assert.equal(text('2026-11-22T13:59:00Z'), '2026-11-22T13:59:00.000Z');
	assert.equal(text('25:00'), undefined);
	assert.equal(text('soon'), undefined);
});
