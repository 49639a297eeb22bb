import assert from 'node:assert/strict';
import {test} from 'node:test';
import {cutWords} from '../../source/options/option-words.js';
import {complete} from '../../source/screen/complete.js';
import {editedLine, editLine, insertText, selectedLine} from '../../source/screen/line-editor.js';
import {type Sample} from '../../source/sample/sample.js';

const nothing = {services: [], rows: [], status: undefined} as unknown as Sample;
const completed = (text: string, names: readonly string[] = []) => complete(editedLine(text), nothing, names);

test('Tab completes fields, states and saved filters as far as it is certain', () => {
	assert.equal(completed('clie')?.line.text, 'client=');
	assert.equal(completed('state=est')?.line.text, 'state=established ');
	assert.equal(completed('proto=udp fate=res')?.line.text, 'proto=udp fate=reset ');
	assert.equal(completed('@we', ['@web'])?.line.text, '@web ');
	assert.equal(completed('nonsense'), undefined);
	const found = completed('state=fi');
	assert.equal(found?.line.text, 'state=fin_wait ');
	assert.deepEqual(completed('spor')?.choices ?? [], []);
});

test('what is typed takes the place of a selected line, and an arrow keeps it', () => {
	assert.deepEqual(insertText(selectedLine('proto=udp'), 'e'), {text: 'e', cursor: 1});
	assert.equal(editLine(selectedLine('proto=udp'), 'Backspace')?.text, '');
	assert.equal(editLine(selectedLine('proto=udp'), 'Left')?.text, 'proto=udp');
});

test('what the users of ipvsadm type lists the table', () => {
	for (const argv of [['-Lnc'], ['-L', '-n', '-c'], ['-l'], ['-lcn'], ['-r', 'x.pcap', '-Ln']]) {
		assert.ok(cutWords(argv).options.some(({name, value}) => name === 'list' && value === true), argv.join(' '));
	}

	assert.throws(() => cutWords(['-n']), /unknown option -n/v);
});
