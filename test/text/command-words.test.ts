import assert from 'node:assert/strict';
import test from 'node:test';
import {commandWords} from '../../source/text/command-words.js';

test('a command is cut into words as a shell does, and nothing is expanded', () => {
	assert.deepEqual(commandWords('  a  b\tc\n'), ['a', 'b', 'c']);
	assert.deepEqual(commandWords(String.raw`say '$HOME "x"' "it's \"so\" \n" a\ b '' x'y'"z"`), ['say', '$HOME "x"', String.raw`it's "so" \n`, 'a b', '', 'xyz']);
	assert.deepEqual(commandWords(''), []);
});

test('a quote that is not closed is no command', () => {
	assert.equal(commandWords('a "b'), undefined);
	assert.equal(commandWords('a \'b'), undefined);
});
