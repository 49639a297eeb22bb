import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {paint} from '../../source/screen/theme.js';
import {asciiGlyphs, bar, blockGlyphs, sparkline} from '../../source/text/glyphs.js';
import {ago, countdown, grouped, percent, short} from '../../source/text/format.js';
import {beside, fitting, line, phrased, spread, withTones, wrapText} from '../../source/text/line.js';

const plain = (painted: string): string => painted.replaceAll(/\u{1B}\[\d+m/gv, '');

test('painting adds looks and not one character', () => {
	const one = withTones('A 10.0.0.1 GONE advert 3s', 'plain', [['GONE', 'alarm'], ['advert', 'dim']]);
	for (const hasColor of [true, false]) {
		assert.equal(plain(paint(one, hasColor)), one.text);
	}

	assert.match(paint(one, true), /\[31mGONE/v);
	assert.doesNotMatch(paint(one, false), /\[3\dm/v);
});

test('lines side by side keep the looks of each', () => {
	const [first] = beside([{lines: [line('left', 'heading')], width: 8}, {lines: [line('right', 'alarm')], width: 8}], ' | ');
	assert.equal(first!.text, 'left     | right');
	assert.deepEqual(first!.parts, [{at: 0, length: 4, tone: 'heading'}, {at: 11, length: 5, tone: 'alarm'}]);
});

test('left and right part are never wider than the line', () => {
	fc.assert(fc.property(fc.string({maxLength: 120}), fc.string({maxLength: 40}), fc.integer({min: 1, max: 100}), (left, right, width) => {
		assert.ok(spread(left, right, width).length <= width);
	}));
	assert.deepEqual(wrapText('one two three', 7), ['one two', 'three']);
});

test('numbers are short, and a share is never rounded up to all', () => {
	assert.equal(grouped(12_345), '12 345');
	assert.equal(short(12_345), '12345');
	assert.equal(short(123_456), '123k');
	assert.equal(percent(999, 1000), '99%');
	assert.equal(percent(1, 1000), '<1%');
	assert.equal(percent(3, 3), '100%');
	assert.equal(ago(0.44), '0.4s');
	assert.equal(countdown(899.9), '14:59');
});

test('bars and trends take the room they are given, in ASCII as well', () => {
	assert.equal(bar(0.5, 10, asciiGlyphs), '#####     ');
	assert.equal(sparkline([0, 1, 8], blockGlyphs), ' ▁█');
	assert.equal(sparkline([1, 2, 3, 4], asciiGlyphs), ':=*%');
});

test('where there is no room, what is most easily spared goes first, and what is never spared stays', () => {
	const phrases = [{text: 'heard 15'}, {text: 'closed 0', spare: 12}, {text: 'ran out 3', spare: 1}, {text: ''}, {text: 'overdue 9'}];
	assert.equal(phrased(phrases, 80), 'heard 15  closed 0  ran out 3  overdue 9');
	assert.equal(phrased(phrases, 39), 'heard 15  ran out 3  overdue 9');
	assert.equal(phrased(phrases, 29), 'heard 15  overdue 9');
	assert.equal(phrased(phrases, 12), 'heard 15  o~');
	assert.equal(fitting(['as long as that', 'short', 's'], 6), 'short');
	assert.equal(fitting(['as long as that', 'short'], 3), 'sh~');
});
