import {secondUs} from '../wire/second.js';

/** `hh:mm:ssZ`, or local time, of a time in microseconds since the Unix epoch. */
export const clockTime = (timeUs: number, local = false): string => {
	const date = new Date(timeUs / 1000);
	return local ? date.toTimeString().slice(0, 8) : `${date.toISOString().slice(11, 19)}Z`;
};

/** RFC 3339 in UTC with microseconds. */
export const rfc3339 = (timeUs: number): string => {
	const whole = Math.round(timeUs);
	const seconds = Math.floor(whole / secondUs);
	const micros = whole - (seconds * secondUs);
	return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`;
};

/** As ipvsadm prints what remains: `mm:ss`, whole seconds rounded down, minutes unbounded, never negative. */
export const remaining = (seconds: number): string => {
	const whole = Math.max(0, Math.floor(seconds));
	return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
};

/** For the screen: `m:ss`, `h:mm:ss` above an hour, days above two. */
export const countdown = (seconds: number): string => {
	const whole = Math.max(0, Math.floor(seconds));
	const pair = (value: number) => String(value).padStart(2, '0');
	if (whole < 3600) {
		return `${Math.floor(whole / 60)}:${pair(whole % 60)}`;
	}

	const hours = Math.floor(whole / 3600);
	return hours < 48 ? `${hours}:${pair(Math.floor(whole / 60) % 60)}:${pair(whole % 60)}` : `${Math.floor(hours / 24)}d${pair(hours % 24)}h`;
};

/** How long ago, short: `0.4s`, `14s`, `2m10s`, `3h05m`, `4d02h`. */
export const ago = (seconds: number): string => {
	if (seconds < 9.95) {
		return `${Math.max(0, seconds).toFixed(1)}s`;
	}

	const whole = Math.floor(seconds);
	if (whole < 60) {
		return `${whole}s`;
	}

	if (whole < 3600) {
		return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
	}

	const hours = Math.floor(whole / 3600);
	return hours < 48 ? `${hours}h${String(Math.floor(whole / 60) % 60).padStart(2, '0')}m` : `${Math.floor(hours / 24)}d${String(hours % 24).padStart(2, '0')}h`;
};

/** How long something took: the same, with hundredths below a second: `0.65s`, `3.6s`, `1m12s`. */
export const span = (seconds: number): string => seconds < 1 ? `${Math.max(0, seconds).toFixed(2)}s` : ago(seconds);

const escaped = (character: string): string => {
	const code = character.codePointAt(0)!;
	const hex = code.toString(16);
	return code === 0x5c ? String.raw`\\` : (code < 0x1_00 ? String.raw`\x${hex.padStart(2, '0')}` : String.raw`\u{${hex}}`);
};

/** Text from the wire or a file as a terminal may show it: control and bidirectional characters become `\xNN` or `\u{N}`. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\\]/gv, character => escaped(character));

/** What needs no closer look: space to tilde. */
// eslint-disable-next-line regexp/no-obscure-range -- the range of printable ASCII
const isPlain = /^[ -~]*$/v;

const oddWidth = /[\p{C}\p{M}\p{Zl}\p{Zp}\p{Emoji_Presentation}\p{scx=Han}\p{scx=Hangul}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Yiii}\u{FF01}-\u{FF60}\u{FFE0}-\u{FFE6}]/gv;

/**
The same for a place on the screen, where each character must take one cell: what combines with its neighbour, takes two cells
(Unicode Standard Annex 11, by its scripts) or none is written as its number, too.
*/
export const onScreen = (text: string): string => isPlain.test(text) && !text.includes('\\') ? text : printable(text).replaceAll(oddWidth, character => escaped(character));

/**
The last look at a line before the terminal gets it: whatever slipped through becomes `?`, as many as it has UTF-16 units, so
that every place in the line stays where it is.
*/
export const harmless = (text: string): string => isPlain.test(text) ? text : text.replaceAll(oddWidth, character => '?'.repeat(character.length));

/** Octets from the wire as text: printable ASCII as it is, all else as `\xNN`, so that each octet can be told. */
export const octetText = (octets: Uint8Array): string =>
	Array.from(octets, octet => octet >= 0x20 && octet < 0x7f && octet !== 0x5c ? String.fromCodePoint(octet) : escaped(String.fromCodePoint(octet))).join('');

/** JSON that a terminal may show as it is: what JSON leaves unescaped but a terminal obeys is escaped, too. */
export const safeJson = (value: unknown): string => {
	const json = JSON.stringify(value);
	return isPlain.test(json)
		? json
		: json.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gv, character =>
			character.split('').map(unit => String.raw`\u${unit.codePointAt(0)!.toString(16).padStart(4, '0')}`).join(''));
};

/** For stderr: as `printable`, but a backslash stays, and further lines stand indented so that none passes for a message of its own. */
export const complaint = (message: string): string => message.split('\n')
	.map((text, index) => `${index === 0 || /^\s/v.test(text) ? '' : '  '}${text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gv, character => escaped(character))}`).join('\n');

/** `12 345`. */
export const grouped = (value: number): string => String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/gv, ' ');

/** At most five characters: `9999`, `18.2k`, `1.25M`. */
export const short = (value: number): string => {
	if (value < 99_999.5) {
		return String(Math.round(value));
	}

	const thousands = value / 1000;
	return thousands < 999.5 ? `${thousands.toFixed(0)}k` : `${(thousands / 1000).toFixed(2)}M`;
};

/** `0.4`, `51.2`, `1234`: per second. */
export const rate = (value: number): string => value < 999.95 ? value.toFixed(1) : short(value);

/** `27%`, and `<1%` rather than nothing for something. One answer for all screens, sentences and pages. */
export const percent = (part: number, whole: number): string => {
	if (whole <= 0) {
		return '-';
	}

	const share = part / whole * 100;
	// Never rounded up to all: one that is missing counts.
	return part > 0 && share < 1 ? '<1%' : `${part < whole ? Math.min(99, Math.round(share)) : 100}%`;
};

/** `14:02:01.8`, with one to six digits after the point. */
export const preciseTime = (timeUs: number, digits: number, local = false): string => {
	const seconds = Math.floor(timeUs / secondUs);
	const fraction = String(Math.floor(timeUs - (seconds * secondUs))).padStart(6, '0').slice(0, digits);
	return `${clockTime(seconds * secondUs, local).slice(0, 8)}.${fraction}`;
};
