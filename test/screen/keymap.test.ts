import assert from 'node:assert/strict';
import {afterEach, test} from 'node:test';
import {actionOf, bindKeys, keyHelp, keyHints} from '../../source/screen/keymap.js';

afterEach(() => {
	bindKeys(new Map());
});

test('an action gets other keys, and they are taken from what had them', () => {
	assert.equal(actionOf('p'), 'pause');
	bindKeys(new Map([['pause', ['Space', 'q']], ['go-to', ['^G']]]));
	assert.deepEqual([' ', 'q', 'p', '^G', 'b'].map(key => actionOf(key)), ['pause', 'pause', undefined, 'go-to', undefined]);
	assert.equal(actionOf('j'), 'down', 'what is not named stays as it was');
});

test('help shows the keys as they are bound, and no hint names one that is not', () => {
	bindKeys(new Map([['pause', ['x']]]));
	assert.equal(keyHelp().find(({help}) => help.startsWith('pause'))?.keys, 'x');
	assert.doesNotMatch(keyHints(200), /p pause/v);
	assert.match(keyHints(200), /\/ filter/v);
});

test('^C quits, however keys are bound', () => {
	bindKeys(new Map([['quit', ['x']], ['pause', ['Q']]]));
	assert.deepEqual(['x', '^C', 'Q'].map(key => actionOf(key)), ['quit', 'quit', 'pause']);
});
