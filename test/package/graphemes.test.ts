import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {graphemes} from '../../.ci/graphemes.js';

const whole = new Intl.Segmenter();
/** What the screen is made of, and what joins with its neighbours. */
const character = fc.constantFrom(...'aZ 9~\u{1B}\t\r\n…│─█▁\u{2500}\u{259F}', '\u{308}', '\u{200D}', '\u{FE0F}', '한', 'ᄀ', 'ᅡ', '👩', '🚀', '🇩', '🇪', 'é', '⚠', '\u{600}');

test('text is cut into the graphemes that Intl.Segmenter finds', () => {
	fc.assert(fc.property(fc.array(character, {maxLength: 12}), characters => {
		const text = characters.join('');
		assert.deepEqual([...graphemes.segment(text)], [...whole.segment(text)].map(({segment, index, input}) => ({segment, index, input})));
		for (let at = 0; at <= text.length; at++) {
			assert.equal(graphemes.segment(text).containing(at)?.index, whole.segment(text).containing(at)?.index);
		}
	}), {numRuns: 2000});
});

test('every dot, box and block is a grapheme of its own beside every other', () => {
	const plain = [...Array.from({length: 0x7f}, (_, code) => String.fromCodePoint(code)), '…', ...Array.from({length: 0xa0}, (_, index) => String.fromCodePoint(0x25_00 + index))];
	for (const one of plain) {
		const text = `${one}${plain.join(one)}`;
		assert.deepEqual([...graphemes.segment(text)].map(({segment}) => segment), [...whole.segment(text)].map(({segment}) => segment), JSON.stringify(one));
	}
});
