import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {bindingsWith} from '../../source/screen/keymap.js';
import {views} from '../../source/screen/views/views.js';
import {fieldNames} from '../../source/filter/fields.js';
import {options} from '../../source/options/option-table.js';
import {manualPage} from '../../media/manual/page.js';
import {escaped} from '../../media/manual/roff.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = fileURLToPath(new URL('../../dist/share/man/man1/ipvstop.1', import.meta.url));
const {version, man} = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {version: string; man: readonly string[]};

const whyNot = (command: string): string | false => spawnSync(command, ['--version']).error ? `needs ${command}` : false;
const withMandoc = {skip: spawnSync('mandoc', ['-V']).error ? 'needs mandoc' : false};
const withGroff = {skip: whyNot('groff')};

test('the page that is built is that of this version, and npm puts it where man looks', () => {
	const built = readFileSync(page, 'utf8');
	const [, date = ''] = /^\.TH IPVSTOP 1 "(\d{4}-\d\d-\d\d)"/mv.exec(built) ?? [];
	assert.equal(built, manualPage({version, date}));
	const {stdout} = spawnSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {cwd: root, encoding: 'utf8'});
	const [packed] = JSON.parse(stdout) as Array<{files: Array<{path: string}>}>;
	assert.deepEqual(man, ['dist/share/man/man1/ipvstop.1'], 'npm 11 links the pages of a list only');
	assert.ok(packed!.files.some(file => file.path === man[0]), man[0]);
});

test('mandoc finds nothing wrong with the page', withMandoc, () => {
	const {stdout} = spawnSync('mandoc', ['-Tlint', '-Wwarning', page], {encoding: 'utf8'});
	assert.equal(stdout, '');
});

test('groff formats the page without a warning, and it says what the tables say', withGroff, () => {
	const {stdout, stderr} = spawnSync('groff', ['-man', '-ww', '-Tascii', '-P-c', '-rLL=200n', page], {encoding: 'utf8'});
	assert.equal(stderr, '');
	// Bold is a letter, a backspace and the letter again.
	const text = stdout.replaceAll(/.\u{8}/gv, '');
	const heads = [...text.matchAll(/^[A-Z][A-Z ]+$/gmv)].map(([head]) => head);
	assert.deepEqual(heads, ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'EXAMPLES', 'OPTIONS', 'FILTERS', 'TAKEOVERS', 'LOGS', 'EVENTS', 'KEYS', 'EXIT STATUS', 'ENVIRONMENT', 'FILES', 'SIGNALS', 'SECURITY', 'SEE ALSO']);
	for (const {typed, argument} of options) {
		assert.ok(text.includes(argument ? `${typed} ${argument}` : typed), typed);
	}

	for (const name of fieldNames) {
		assert.match(text, new RegExp(`^ {7}${name}(?:,| |$)`, 'mv'));
	}

	for (const {action, help} of bindingsWith(views)) {
		assert.ok(text.includes(`(${action})`), action);
		assert.ok(text.replaceAll(/\s+/gv, ' ').includes(help.replaceAll('…', '...').replaceAll('`', '')), help);
	}
});

test('nothing in a text is special to roff', () => {
	assert.equal(escaped('\\fB-x \'"^~'), '\\efB\\-x \\(aq\\(dq\\(ha\\(ti');
	assert.throws(() => escaped('für'), RangeError);
	assert.throws(() => escaped('one\ntwo'), RangeError);
});
