import assert from 'node:assert/strict';
import process from 'node:process';
import test from 'node:test';
import fc from 'fast-check';
import {createPattern} from '../../source/filter/pattern.js';

const cpuMs = (): number => process.cpuUsage().user / 1000;

test('no pattern makes a backtracking engine go on for ever', () => {
	for (const [pattern, subject] of [
		['^(([0-9a-f.:]+)+)+$x', '1'.repeat(40)], ['(a|a)*$x', 'a'.repeat(255)], ['.*.*.*.*.*.*.*x', 'a'.repeat(255)], ['(a*)*b', 'a'.repeat(255)], ['(a|b|ab)*c', 'ab'.repeat(120)],
	] as const) {
		const matches = createPattern(pattern);
		if (typeof matches === 'string') {
			assert.fail(`${pattern}: ${matches}`);
		}

		const start = cpuMs();
		assert.equal(matches(subject), false);
		// The least of them takes a backtracking engine minutes.
		assert.ok(cpuMs() - start < 1000);
	}
});

test('what cannot be run in linear time is refused', () => {
	for (const pattern of ['(?=a)b', '(a)\\1', '(a+){1,20}$', 'a{1000}']) {
		assert.match(createPattern(pattern) as string, /not possible/v);
	}
});

test('patterns match in any case, without changing what their classes mean', () => {
	for (const [pattern, subject, expected] of [
		['ESTAB', 'established', true], ['^est', 'ESTABLISHED', true], ['^\\D+$', 'ABC', true], ['^\\d+$', 'ABC', false], ['[A-C]x', 'bX', true], ['\\S', ' ', false],
	] as const) {
		const matches = createPattern(pattern);
		if (typeof matches === 'string') {
			assert.fail(`${pattern}: ${matches}`);
		}

		assert.equal(matches(subject), expected, pattern);
	}
});

test('patterns mean what they mean everywhere else', () => {
	const pattern = fc.array(fc.constantFrom('a', 'b', '.', 'a*', 'b+', '(a|b)', '(ab)?', '[^a]', '^', '$', '\\.', 'a{2,3}'), {maxLength: 6}).map(parts => parts.join(''));
	fc.assert(fc.property(pattern, fc.string({unit: fc.constantFrom('a', 'b', '.', '1'), maxLength: 12}), (source, subject) => {
		const matches = createPattern(source);
		if (typeof matches === 'string') {
			assert.fail(`${source}: ${matches}`);
		}

		assert.equal(matches(subject), new RegExp(source, 'v').test(subject));
	}));
});

test('patterns match in any case what the flag i of the other engine matches', () => {
	const pieces = [
		'A', 'a', 'Z', 'k', '[', '[^', ']', '-', '\\T', '\\x41', '\\x4', '\\u0041', '\\u00c9', '\\101', '\\12', '\\0', '\\8', '\\cA', '\\c', '1', '\\D', '\\w', '\\W', '\\b', '\\B', '\\K',
		'.', '*', '(', ')', '|', '^', '$', '\\\\', '\\-', '\\]', '_', '@', 'é', 'É', '×', '\\S', '\\t', '[A-z]', '[@-`]', '(?:',
	];
	const characters = ['a', 'A', 'Z', 'z', 'k', '_', '@', '`', 'T', '1', '-', 'É', 'é', '×', '÷', '\\', '\t', '\u0001', 'x', '8'];
	const pattern = fc.array(fc.constantFrom(...pieces), {maxLength: 7}).map(parts => parts.join(''));
	const subject = fc.string({unit: fc.constantFrom(...characters), maxLength: 4});
	fc.assert(fc.property(pattern, subject, (source, text) => {
		const matches = createPattern(source);
		if (typeof matches === 'string') {
			if (!matches.includes('not possible')) {
				assert.throws(() => new RegExp(source, 'i'), SyntaxError);
			}

			return;
		}

		assert.equal(matches(text), new RegExp(source, 'i').test(text));
	}), {numRuns: 20_000});
});
