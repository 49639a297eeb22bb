/*
The desk's answers in one line each, for the first lines of the screen: did the last takeover work, and what if the master died or came back
now. What can be spared goes when a line gets too long; what to expect, and what changes the meaning of a number, never does.
*/
import {type Forecast, type Pair, type SplitBrain, type Takeover} from '../desk/facts/failover.js';
import {type Tone} from '../text/line.js';
import {ago, span} from '../text/format.js';
import {expectationAfter, expectationOf, recordsPerMessage, type Expectation} from '../desk/facts/expectation.js';
import {secondUs} from '../wire/second.js';

export type HeadlineWords = {
	/** A short name of a director: from the configuration, or a letter. */
	name(director: number): string;
	/** `14:02:01Z`. */
	clock(timeUs: number): string;
	readonly nowUs: number;
};

/** A line of at most so many columns, its words with their tone, and how bad it is. */
export type Headline = {
	readonly text: string;
	readonly tones: ReadonlyArray<readonly [words: string, tone: Tone]>;
	readonly level: Expectation['level'];
};

/** What was heard for less than this is part of what there is. */
const youngUs = 120 * secondUs;

/** What was open or happened before is not known yet: sessions that are not announced anew are missing. */
export const isYoungAt = (sinceUs: number, nowUs: number): boolean => sinceUs > 0 && nowUs - sinceUs < youngUs;

const firstFitting = (forms: readonly string[], columns: number): string => forms.find(form => form.length <= columns) ?? `${forms.at(-1)!.slice(0, columns - 1)}~`;

const resetWords = (count: number, more = ''): string => `expect ${count}${more} RESET${count === 1 ? '' : 'S'}`;

const toneOf: Readonly<Record<Expectation['level'], Tone>> = {good: 'good', warning: 'warning', bad: 'lost', unknown: 'unsure'};

const kindWords: Readonly<Record<Takeover['kind'], string>> = {planned: 'PLANNED', crash: 'CRASH', preempt: 'PREEMPT', move: 'MOVED', sync: 'SENDER'};

const kindWord = ({kind, failBack}: Pick<Takeover, 'kind' | 'failBack'>): string => failBack && kind !== 'planned' && kind !== 'crash' && kind !== 'sync' ? 'BACK' : kindWords[kind];

/** How long nobody served. The new master of a preemption may have spoken up before the old one stopped. */
const gapWords = ({kind, gapUs}: Takeover): string => {
	if (kind === 'crash' || kind === 'planned' || kind === 'sync') {
		return ` gap ${span(gapUs / secondUs)}`;
	}

	// When a claim came first, when the old one stopped is not seen.
	return kind === 'preempt' ? ' no gap' : ' gap not seen';
};

/** Messages that are missing change what every number means. */
const lossForms = (lost: number): readonly [long: string, short: string] => lost === 0
	? ['', '']
	: [`; ${lost} sync msg${lost === 1 ? '' : 's'} LOST, up to ${lost * recordsPerMessage} more unknown`, `; ${lost} msg${lost === 1 ? '' : 's'} LOST`];

/** What was lost was announced to nobody: the figures are of the others. */
const ofAnnounced = (lost: number): string => lost > 0 ? ' announced' : '';

type Outcome = {
	/** What most likely becomes of the sessions. */
	readonly main: string;
	/** The same with what would change it, whole and in short. */
	readonly words: string;
	readonly brief: string;
	/** What is not seen but has to be so, in the order of room. */
	readonly conditions: readonly string[];
};

const outcome = ({sureness, resets, otherwise, level}: Expectation, {to, finding, listeningEvidence, blindBeforeUs, isAtMost, coverage: {sent, held, known, stale}}: Takeover, name: HeadlineWords['name']): Outcome => {
	// It was there before us and was never seen to join: that it was sent them is all we know.
	const condition = listeningEvidence === 'none' && sent > 0 ? ' if it listened' : '';
	const isKept = level === 'good' || resets === 0;
	const main = isKept ? `likely KEPT${condition}` : resetWords(resets, blindBeforeUs > 0 ? '+' : '');
	const conditions = isKept && condition === '' && isAtMost && known * 2 > held ? [` if all that was sent arrived, else up to ${held - stale} resets`, ' if all arrived'] : [];
	if (sureness === 'sure') {
		return {main, words: main, brief: main, conditions};
	}

	if (finding === 'rebuilt') {
		return {main, words: `${main}, at most ${otherwise} (sloppy_tcp)`, brief: `${main}, at most ${otherwise}`, conditions: []};
	}

	if (finding === 'lossy') {
		return {main, words: `${main}: sync was lost at it`, brief: `${main}: sync lost at it`, conditions: []};
	}

	return otherwise > resets
		? {main, words: `${main} (no reboot of ${name(to)} seen; if rebooted ${otherwise} RESETS)`, brief: `${main}; if rebooted ${otherwise} RESETS`, conditions: []}
		: {main, words: `${main} (${otherwise} if its table was kept)`, brief: `${main}; ${otherwise} if kept`, conditions: []};
};

/** `CRASH A>B 14:02:01Z gap 3.6s: B knows 12804 of 12920 open TCP, likely KEPT`. `isOfSome`: the directors serve other addresses, too. */
export const takeoverHeadline = (takeover: Takeover, {name, clock, nowUs}: HeadlineWords, columns: number, isOfSome = false): Headline => {
	const {from, to, atUs, kind, coverage: {known, held, sent}, lostMessages, blindBeforeUs, fromSyncUs, finding, vips} = takeover;
	const [a, b] = [name(from), name(to)];
	const kindName = kindWord(takeover);
	const who = `${kindName} ${a}>${b}${isOfSome && vips.length > 0 ? ` of ${vips.length > 1 ? `${vips.length} VIPs` : vips[0]}` : ''}`;
	const head = `${who} ${clock(atUs)}`;
	const gap = gapWords(takeover);
	// Its adverts stopped, its sync does not: keepalived is dead, or its adverts are blocked.
	const still = kind === 'crash' && fromSyncUs > atUs && nowUs - fromSyncUs < 30 * secondUs ? ` (only keepalived: ${a} still forwards)` : '';
	const brief = still === '' ? '' : ` (${a} still forwards)`;
	const expected = expectationAfter(takeover);
	if (takeover.isUnprotected) {
		return {text: firstFitting([`${head}: CANNOT TELL: nothing was ever announced for ${vips.join(' ')}`, `${head}: CANNOT TELL: nothing was announced`, `${who}: CANNOT TELL`], columns), tones: [[kindName, 'title'], ['CANNOT TELL', 'unsure']], level: 'unknown'};
	}

	if (held === 0 || takeover.isBlind) {
		return blindBeforeUs > 0 || takeover.isBlind
			? {text: firstFitting([`${head}${gap}: CANNOT TELL what was open: listening only since ${clock(blindBeforeUs)}`, `${head}: CANNOT TELL: listening since ${clock(blindBeforeUs)}`, `${who}: CANNOT TELL: too late`], columns), tones: [['CANNOT TELL', 'unsure']], level: 'unknown'}
			: {text: firstFitting([`${head}${gap}${still}: nothing was open`, `${head}: nothing was open`], columns), tones: [[kindName, 'title']], level: 'good'};
	}

	const [loss, lossShort] = lossForms(lostMessages);
	if (expected.sureness === 'unknown') {
		const starts = [`${head}${gap}${still}`, `${head}${gap}`, head, who];
		return {
			text: firstFitting(starts.flatMap(start => [`${start}: CANNOT TELL what ${b} knows of ${held} open TCP${lossShort}`, `${start}: CANNOT TELL what ${b} knows${lossShort}`]), columns),
			tones: [[kindName, 'title'], ['CANNOT TELL', 'unsure'], [lossShort, 'alarm']], level: 'unknown',
		};
	}

	const {words, brief: ends, main, conditions} = outcome(expected, takeover, name);
	// Its rows bear its own name: why it does not know them is to be said.
	const why = takeover.ownKept === 'no' && expected.level === 'bad' ? 'rebooted, ' : '';
	const knows = finding === 'rebuilt' ? `${b} rebuilds ${held - sent} of ${held}` : `${b} ${why}knows ${takeover.isAtMost && expected.resets > 0 && expected.level !== 'good' && known * 2 > held ? 'at most ' : ''}${known} of ${held}`;
	const heardSince = blindBeforeUs > 0 ? ` heard since ${clock(blindBeforeUs)}` : '';
	const announced = ofAnnounced(lostMessages);
	const text = firstFitting([
		...conditions.flatMap(condition => [`${head}${gap}${still}: ${knows}${announced} open TCP${heardSince}, ${words}${condition}${loss}`, `${head}${gap}${brief}: ${knows}${announced}${heardSince}, ${words}${condition}${lossShort}`]),
		`${head}${gap}${still}: ${knows}${announced} open TCP${heardSince}, ${words}${loss}`,
		`${head}${gap}${brief}: ${knows}${announced} open TCP${heardSince}, ${words}${loss}`,
		`${head}${gap}${brief}: ${knows}${announced} open${heardSince}, ${words}${loss}`,
		`${head}${gap}${brief}: ${knows}${announced}${heardSince}, ${words}${lossShort}`,
		`${head}${gap}${brief}: ${knows}${announced}${heardSince}, ${ends}${lossShort}`,
		...(lostMessages > 0 && expected.resets === 0 ? [`${head}${gap}${brief}: ${known} of ${held}${announced} ${ends}${lossShort}`] : []),
		...(expected.sureness === 'either' && finding === 'none' ? [`${head}${gap}${brief}: ${expected.resets === 0 ? `${b} ${main} ${known} of ${held}` : `${main} (${b} knows ${known} of ${held})`}${ends.slice(main.length)}${lossShort}`] : []),
		`${head}${brief}: ${knows}${announced}${heardSince}, ${ends}${lossShort}`,
		`${head}${brief}: ${knows}, ${ends}${lossShort}`,
		`${head}: ${knows}, ${ends}${lossShort}`,
		...(why === '' ? [] : [`${head}: ${b} knows ${known} of ${held}, ${ends}${lossShort}`]),
		`${who}: ${knows}, ${ends}${lossShort}`,
		`${who}: ${ends}${lossShort}`,
		`${who}: ${main}${lossShort}`,
	], columns);
	return {text, tones: [[kindName, 'title'], [main, expected.resets === 0 ? (lostMessages > 0 ? 'unsure' : 'good') : toneOf[expected.level]], [loss || lossShort, 'alarm'], [lossShort, 'alarm']], level: expected.level};
};

/** No takeover lately, as far as that can be said: who has just begun to listen knows nothing of what was before. `last`: one of long ago. */
export const noneHeadline = (sinceUs: number, last: Takeover | undefined, {name, clock, nowUs}: HeadlineWords, columns: number): Headline => {
	if (last) {
		const since = `no takeover since ${kindWord(last)} ${name(last.from)}>${name(last.to)} ${clock(last.atUs)}`;
		const text = firstFitting([`${since}, ${ago((nowUs - last.atUs) / secondUs)} ago`, since], columns);
		return {text, tones: [[text, 'dim']], level: 'good'};
	}

	if (isYoungAt(sinceUs, nowUs)) {
		const forms = [`listening only since ${clock(sinceUs)} (${ago((nowUs - sinceUs) / secondUs)}): what was before, takeovers too, is not known`, `listening since ${clock(sinceUs)}: what was before is not known`];
		return {text: firstFitting(forms, columns), tones: [['is not known', 'unsure']], level: 'unknown'};
	}

	const none = sinceUs > 0 ? `no takeover since ${clock(sinceUs)}, when listening began` : 'no takeover seen';
	return {text: firstFitting([none], columns), tones: [[none, 'dim']], level: 'good'};
};

/** Two masters: which of them has the traffic, and what is at stake on each side. */
export const splitHeadlines = (pair: Pick<Pair, 'claimant' | 'claimUs'>, split: SplitBrain, {name, clock, nowUs}: HeadlineWords, columns: number): readonly [Headline, Headline] => {
	const names = split.directors.map(director => name(director));
	const where = split.by === 'vrrp' ? ` on VRID ${split.vrid}` : ' by their sync';
	const {claimant, claimUs} = pair.claimUs > split.claimUs ? pair : split;
	const claimed = claimUs > 0 && claimant >= 0;
	const sides = names.map((one, index) => ({one, count: split.onlyBy[index] ?? 0}));
	if (split.endUs > 0) {
		const winner = name(split.winner);
		const resets = sides.reduce((sum, {one, count}) => one === winner ? sum : sum + count, 0);
		const main = resets === 0 ? 'likely KEPT' : resetWords(resets);
		const lasted = span((split.endUs - split.sinceUs) / secondUs);
		const head = `SPLIT ENDED ${names.join('/')}`;
		return [
			{
				text: firstFitting([`${head} ${clock(split.endUs)} after ${lasted}: ${winner} remains master, ${main}`, `${head} ${clock(split.endUs)}: ${winner} remains master, ${main}`, `${head} ${clock(split.endUs)}: ${winner} remains, ${main}`, `${head}: ${winner} remains master, ${main}`], columns),
				tones: [['SPLIT ENDED', 'title'], [main, resets === 0 ? 'good' : 'lost']], level: resets === 0 ? 'good' : 'bad',
			},
			{text: '', tones: [], level: 'good'},
		];
	}

	// From second to second as the clock shows them: two times on a screen and what lies between them must agree.
	const lasted = ago(Math.floor(nowUs / secondUs) - Math.floor(split.sinceUs / secondUs));
	const traffic = claimed ? `clients go to ${name(claimant)}: it claimed the VIP last, ${ago((nowUs - claimUs) / secondUs)} ago` : 'who has the clients is not seen (no ARP)';
	const trafficShort = claimed ? `clients go to ${name(claimant)} (ARP ${ago((nowUs - claimUs) / secondUs)} ago)` : 'no ARP seen';
	const stakes = sides.some(({count}) => count > 0)
		? sides.map(({one, count}) => `${count} open TCP known to ${one} alone`).join(', ')
		: 'none was announced by one alone';
	const others = claimed && split.directors.includes(claimant) ? split.directors.filter(director => director !== claimant) : [];
	const stop = others.length === 0 ? '' : `: stop ${others.map(director => name(director)).join(' and ')}`;
	const {reason} = split;
	return [
		{
			text: firstFitting([
				...(reason === '' ? [] : [`SPLIT BRAIN: ${names.join(' and ')} both master${where} since ${clock(split.sinceUs)}: ${reason}`, `SPLIT BRAIN ${names.join('/')}${where} since ${clock(split.sinceUs)}: ${reason}`, `SPLIT BRAIN ${names.join('/')} since ${clock(split.sinceUs)}: ${reason}`, `SPLIT BRAIN ${names.join('/')}: ${reason}`]),
				`SPLIT BRAIN: ${names.join(' and ')} both master${where} since ${clock(split.sinceUs)} (${lasted})`,
				`SPLIT BRAIN ${names.join('/')}${where} since ${clock(split.sinceUs)} (${lasted})`, `SPLIT BRAIN ${names.join('/')} since ${clock(split.sinceUs)}`,
			], columns),
			tones: [['SPLIT BRAIN', 'lost']], level: 'bad',
		},
		{text: firstFitting([`${traffic}${stop}; ${stakes}`, `${trafficShort}${stop}; ${stakes}`, `${trafficShort}${stop}; ${sides.map(({one, count}) => `${count} known to ${one} alone`).join(', ')}`, `${trafficShort}${stop}`, trafficShort], columns), tones: [], level: 'unknown'},
	];
};

export type Ahead = {
	readonly pair: Pair;
	readonly forecast: Forecast | undefined;
	/** The last takeover, while it is of interest. */
	readonly takeover: Takeover | undefined;
	/** Sync messages of the master that were lost of late. */
	readonly lost: number;
	/** Since when we listen. */
	readonly sinceUs: number;
	/** Joins would be seen here: that nobody is heard to listen means something. */
	readonly seesJoins: boolean;
};

/** `if A died now: B knows 640 of 640 open TCP, no resets expected`; and whether to fail back. */
export const aheadHeadline = ({pair, forecast, takeover, lost, sinceUs, seesJoins}: Ahead, {name, clock, nowUs}: HeadlineWords, columns: number): Headline => {
	const master = forecast && forecast.from >= 0 ? forecast.from : pair.master;
	const a = master >= 0 ? name(master) : 'the master';
	if (pair.open === 0) {
		return {text: firstFitting([`if ${a} died now: no open TCP sessions to lose`], columns), tones: [], level: 'good'};
	}

	if (!forecast) {
		return seesJoins
			? {text: firstFitting([`if ${a} died now: NOBODY LISTENS to its sync: all open rows (${pair.open} TCP) would be lost`, `if ${a} died now: NOBODY LISTENS: all open rows (${pair.open} TCP) would be lost`, `if ${a} died now: NOBODY LISTENS: all ${pair.open} would be lost`], columns), tones: [['NOBODY LISTENS', 'warning']], level: 'warning'}
			: {text: firstFitting([`if ${a} died now: CANNOT TELL, no backup is seen to listen (${pair.open} open TCP)`, `if ${a} died now: CANNOT TELL, no backup is seen`], columns), tones: [['CANNOT TELL', 'unsure']], level: 'unknown'};
	}

	const {coverage: {known, held}, ownKept, failBack} = forecast;
	const b = name(forecast.director);
	const expected = expectationOf(forecast.coverage, ownKept);
	const {sureness, resets, otherwise, level} = expected;
	// It has what the serving master lacks: giving the addresses back would keep it.
	const isBetter = takeover?.from === forecast.director && resets < Math.max(0, takeover.coverage.held - takeover.coverage.known - takeover.coverage.stale);
	// Who serves other addresses has been back for long.
	const back = pair.vips.some(({server}) => server === forecast.director) ? 'took over' : 'came back';
	const starts = isBetter
		? [`if ${a} died, or gave back to ${b}, now`, `if ${a} gave back to ${b} now`]
		: (failBack ? [`if ${a} died, or ${b} ${back}, now`, `if ${b} ${back} now`] : [`if ${a} died now`, `if ${a} died now`]);
	const isYoung = isYoungAt(sinceUs, nowUs);
	const [loss, lossShort] = lossForms(lost);
	const knows = `${b} knows ${known} of ${held}${ofAnnounced(lost)}`;
	const scope = isYoung ? ` heard since ${clock(sinceUs)}` : ' open TCP';
	if (sureness === 'unknown') {
		return {
			text: firstFitting([`${starts[0]}: CANNOT TELL what ${b} knows of ${held} open TCP${loss}`, `${starts[0]}: CANNOT TELL what ${b} knows${lossShort}`, `${starts[1]}: CANNOT TELL${lossShort}`], columns),
			tones: [['CANNOT TELL', 'unsure'], [loss || lossShort, 'alarm'], [lossShort, 'alarm']], level: 'unknown',
		};
	}

	if (takeover && isBetter && lost === 0 && sureness === 'sure' && level === 'good') {
		// Where it cannot be told whether any are reset, nothing is said of those that are.
		const [rescue, brief] = expectationAfter(takeover).sureness === 'unknown' ? ['would keep what is open', 'keeps them'] : ['would keep those not yet reset', 'keeps the rest'];
		return {
			text: firstFitting([
				`giving back to ${b} now ${rescue}: ${knows}${scope}; the same if ${a} died`, `giving back to ${b} now ${rescue}: ${knows}${scope}`,
				`giving back to ${b} now ${rescue}: ${knows}`, `giving back to ${b} now ${brief}: ${knows}`, `giving back to ${b} now ${brief}`,
			], columns),
			tones: [[rescue, 'good'], [brief, 'good']], level,
		};
	}

	const main = level === 'good' || resets === 0 ? (isBetter ? 'likely KEPT' : 'no resets expected') : resetWords(resets);
	const condition = otherwise > resets ? `if ${b} rebooted` : `if ${b} kept its table`;
	const [doubtLong, doubt, doubtShort] = sureness === 'either' ? [otherwise > resets ? ` (no reboot of ${b} seen; ${otherwise} RESET${otherwise === 1 ? '' : 'S'} ${condition})` : `; ${otherwise} RESET${otherwise === 1 ? '' : 'S'} ${condition}`, `; ${otherwise} ${condition}`, `; ${otherwise} ${otherwise > resets ? 'if rebooted' : 'if kept'}`] : ['', '', ''];
	if (failBack && level !== 'good' && resets > 0) {
		const warning = `DO NOT fail back to ${b}`;
		return {
			text: firstFitting([
				`${warning} now: it knows ${known} of ${held}${ofAnnounced(lost)}${scope}, ${main}${doubt}${loss}; the same if ${a} died`,
				`${warning} now: it knows ${known} of ${held}${ofAnnounced(lost)}${scope}, ${main}${doubt}${loss}`,
				`${warning}: it knows ${known} of ${held}${scope}, ${main}${doubt}${lossShort}`,
				`${warning}: it knows ${known} of ${held}, ${main}${doubtShort}${lossShort}`,
				`${warning}: knows ${known} of ${held}, ${main}${lossShort}`,
				`${warning}: ${main}${lossShort}`,
			], columns),
			tones: [[warning, 'warning'], [main, 'warning'], [loss || lossShort, 'alarm'], [lossShort, 'alarm']], level,
		};
	}

	// Of what was heard none would be cut: that is not to be read as none at all.
	if (isYoung && resets === 0 && sureness === 'sure') {
		return {
			text: firstFitting([
				`${starts[0]}: ${knows}${scope}; of older ones nothing is known${loss}`, `${starts[0]}: ${knows}${scope}; older ones unknown${lossShort}`,
				`${starts[1]}: ${knows} heard; older ones unknown${lossShort}`, `${starts[1]}: ${knows} heard${lossShort}`,
			], columns),
			tones: [['of older ones nothing is known', 'unsure'], ['older ones unknown', 'unsure'], [loss || lossShort, 'alarm'], [lossShort, 'alarm']], level: 'unknown',
		};
	}

	return {
		text: firstFitting([
			`${starts[0]}: ${knows}${scope}, ${main}${doubtLong}${loss}`,
			`${starts[0]}: ${knows}${scope}, ${main}${doubt}${loss}`,
			`${starts[0]}: ${knows}, ${main}${doubt}${loss}`,
			`${starts[1]}: ${knows}${isYoung ? scope : ''}, ${main}${doubt}${lossShort}`,
			`${starts[1]}: ${knows}, ${main}${doubt}${lossShort}`,
			`${starts[1]}: ${knows}, ${main}${doubtShort}${lossShort}`,
			`${starts[1]}: ${main}${doubt}${lossShort}`,
			`${starts[1]}: ${main}${doubtShort}${lossShort}`,
		], columns),
		tones: [[main, level === 'good' && lost === 0 ? 'good' : 'warning'], [loss || lossShort, 'alarm'], [lossShort, 'alarm']],
		level: lost > 0 && level === 'good' ? 'warning' : level,
	};
};
