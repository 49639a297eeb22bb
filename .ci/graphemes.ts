/*
What Ink's parts ask of `Intl.Segmenter`, in the bundle: to make one takes 7 to 16 ms of a start, and each of its answers more than what is
asked for. Text of ASCII, boxes and blocks, which is nearly all that a screen is made of, has one grapheme per character (Unicode Standard
Annex 29: none of them extends another, and nothing but CR LF belongs together); a segmenter is made for other text alone.
*/
type Part = {readonly segment: string; readonly index: number; readonly input: string};
type Parts = Iterable<Part> & {containing(at?: number): Part | undefined};

const apart = /^[[\p{ASCII}…\u{2500}-\u{259F}]--[\r\n]]*$/v;

class PlainParts implements Parts {
	readonly #input: string;

	constructor(input: string) {
		this.#input = input;
	}

	containing(at = 0): Part | undefined {
		return at >= 0 && at < this.#input.length ? {segment: this.#input[at]!, index: at, input: this.#input} : undefined;
	}

	* [Symbol.iterator](): Generator<Part, undefined, undefined> {
		for (let index = 0; index < this.#input.length; index++) {
			yield {segment: this.#input[index]!, index, input: this.#input};
		}
	}
}

let whole: Intl.Segmenter | undefined;

/** Gives what `new Intl.Segmenter()` would. */
export const graphemes = {
	segment(input: string): Parts {
		if (apart.test(input)) {
			return new PlainParts(input);
		}

		whole ??= new Intl.Segmenter();
		return whole.segment(input) as unknown as Parts;
	},
};
