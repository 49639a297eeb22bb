import assert from 'node:assert/strict';
import {test} from 'node:test';
import {expectationOf} from '../../source/desk/facts/expectation.js';
import {type Coverage, type Forecast, type Pair, type SplitBrain, type Takeover} from '../../source/desk/facts/failover.js';
import {aheadHeadline, noneHeadline} from '../../source/verdict/headline.js';
import {splitBrainVerdict, verdictOf} from '../../source/verdict/verdict.js';
import {plainWords} from './desk-run.js';

const atUs = Date.parse('2026-11-22T14:02:01.850Z') * 1000;
const second = 1_000_000;
const noAccount = {heard: 0, closed: 0, ranout: 0, moved: 0, waiting: 0, overdue: 0};

const coverage = (held: number, sent: number, own = 0, known = sent, best = Math.max(sent, own)): Coverage => ({held, sent, earlier: 0, own, known, best, stale: 0, silent: 0});

const takeover = (given: Partial<Takeover> = {}): Takeover => ({
	id: 0, kind: 'crash', from: 0, to: 1, atUs, advertUs: atUs, messageUs: 0, gapUs: 3.6 * second, syncGapUs: 0, vips: ['192.0.2.10'], vrids: [51], fromPriority: 150, toPriority: 100,
	coverage: coverage(12_920, 12_804), udp: coverage(0, 0), ownKept: 'none', ownEvidence: '', failBack: false, evidence: [],
	listenedSinceUs: atUs - (900 * second), listenedUs: 900 * second, listeningEvidence: 'igmp', awayUs: 0, awaySinceUs: 0, fromSyncUs: 0,
	fromLastAdvertUs: atUs - (3.6 * second), lostMessages: 0, blindBeforeUs: 0, claimedUs: 0,
	accounting: {...noAccount, heard: 1902, closed: 371, ranout: 6, moved: 0, waiting: 10_630, overdue: 11}, udpAccounting: noAccount, services: [], curve: [], settled: false, isUnprotected: false, isBlind: false, isSentOpen: false, sentAtMost: 0, isAtMost: false, ifRebuilt: -1, finding: 'none',
	words: {messages: 0, ownHeard: 0, ownDue: 0, otherHeard: 0, otherDue: 0, due: 0, silent: 0, reals: 1}, ...given,
});

const read = (given: Partial<Takeover> = {}) => {
	const {line, sentences} = verdictOf(takeover(given), atUs + (60 * second), plainWords);
	return {line, text: sentences.join(' ')};
};

const wasAway = {kind: 'preempt', from: 1, to: 0, failBack: true, awayUs: 60 * second, awaySinceUs: atUs - (60 * second), listenedUs: 3.5 * second} as const;

test('a crash: who, when, the gap, what the new master knows, what to expect', () => {
	const {line, text} = read();
	assert.equal(line, 'CRASH A>B 14:02:01.8 gap 3.6s: B knows 12804 of 12920 open TCP, likely KEPT');
	assert.equal(text, [
		'A fell silent at 14:01:58.2; B master after 3.6s. B knows 12804 of 12920 open sessions (sent to it while it listened): likely kept; 116 not: ',
		'expect resets. 10630 still waiting: normal, up to 50 client packets. Never-announced connections cannot be judged.',
	].join(''));
});

test('nothing is expected to be reset when all were sent to it', () => {
	const {line, text} = read({kind: 'planned', gapUs: 650_000, coverage: coverage(210, 210), accounting: noAccount});
	assert.equal(line, 'PLANNED A>B 14:02:01.8 gap 0.65s: B knows 210 of 210 open TCP, likely KEPT');
	assert.equal(text, [
		'A resigned (priority 0) at 14:02:01.2; B master 0.65s later. B knows 210 of 210 open sessions (all sent to it): likely kept. ',
		'A\'s last <=3 s of changes may never have been sent. Never-announced connections cannot be judged.',
	].join(''));
});

test('preempted with an empty table: the sessions it resets stay on the wire, and that is said', () => {
	const {line, text} = read({...wasAway, coverage: coverage(260, 13, 260, 13, 260), ownKept: 'no', ownEvidence: 'its interface came up anew (MLD)'});
	assert.equal(line, 'BACK B>A 14:02:01.8 no gap: A rebooted, knows 13 of 260 open, expect 247 RESETS');
	assert.equal(text, [
		'A TOOK OVER NEARLY EMPTY at 14:02:01.8: it had been away, came back fresh (its interface came up anew), listened 3.5s and was sent 13 of 260 open sessions. ',
		'Expect up to 247 resets, each at its next packet. Their rows are B\'s last word and stay up to 15 min: do not read them as alive. Never-announced connections cannot be judged.',
	].join(''));
});

test('where it hangs on a reboot that nobody saw, both numbers are said', () => {
	const {line, text} = read({...wasAway, coverage: coverage(257, 3, 257, 257), ownKept: 'likely', ownEvidence: 'it resigned (priority 0)', accounting: noAccount});
	assert.equal(line, 'BACK B>A 14:02:01.8 no gap: A likely KEPT 257 of 257; if rebooted 254 RESETS');
	assert.match(text, /kept unless A was rebooted \(then expect up to 254 resets\)\. No sign of a reboot seen/v);
	const unlikely = read({...wasAway, coverage: coverage(257, 3, 257, 3, 257), ownKept: 'unlikely', ownEvidence: 'it vanished without a word'});
	assert.match(unlikely.line, /expect 254 RESETS(?:; | \()0 if (?:its table was )?kept/v);
	assert.match(unlikely.text, /only 0 if its kernel kept what it held/v);
});

test('where nothing shows yet that what was sent arrived, it is likely kept under that condition, and the other number is said where there is room', () => {
	const given = {isAtMost: true, coverage: coverage(220, 220), accounting: {...noAccount, waiting: 220}};
	assert.equal(read(given).line, 'CRASH A>B 14:02:01.8 gap 3.6s: B knows 220 of 220, likely KEPT if all arrived');
	assert.equal(
		verdictOf(takeover(given), atUs, plainWords, 140).line,
		'CRASH A>B 14:02:01.8 gap 3.6s: B knows 220 of 220 open TCP, likely KEPT if all that was sent arrived, else up to 220 resets',
	);
	assert.equal(verdictOf(takeover(given), atUs, plainWords, 60).line, 'CRASH A>B 14:02:01.8: B knows 220 of 220, likely KEPT');
	assert.match(read(given).text, /Whether all of it arrived at B is not shown yet: what did not is reset\./v);
	// Of what it was sent it has so many at most: then more are reset than is said.
	assert.match(read({...given, coverage: coverage(220, 150)}).line, /B knows at most 150 of 220 .*expect 70 RESETS$/v);
});

test('who would have to have rebooted is named where there is room', () => {
	const kept = takeover({...wasAway, coverage: coverage(257, 3, 257, 257), ownKept: 'likely', accounting: noAccount});
	assert.match(verdictOf(kept, atUs, plainWords, 140).line, /A knows 257 of 257 open TCP, likely KEPT \(no reboot of A seen; if rebooted 254 RESETS\)$/v);
	assert.match(verdictOf(kept, atUs, plainWords, 60).line, /likely KEPT; if rebooted 254 RESETS$/v);
});

test('of lost messages it is said that the figures are of what was announced', () => {
	const given = {lostMessages: 6, coverage: coverage(99, 99), isAtMost: true, accounting: noAccount};
	assert.equal(read(given).line, 'CRASH A>B 14:02:01.8 gap 3.6s: 99 of 99 announced likely KEPT; 6 msgs LOST');
	assert.match(verdictOf(takeover(given), atUs, plainWords, 200).line, /B knows 99 of 99 announced open TCP, likely KEPT.*; 6 sync msgs LOST, up to 240 more unknown$/v);
	assert.doesNotMatch(read(given).line, /at most/v);
});

test('a killed keepalived: its kernel still forwards, and the address may be configured twice', () => {
	const {text} = read({evidence: ['adverts stopped', 'sync of 10.0.0.1 goes on'], fromSyncUs: atUs + (2 * second)});
	assert.match(text, /A's adverts stopped at 14:01:58\.2 but its sync went on .* keepalived on A is dead or its adverts are blocked; its kernel still forwards\. The VIP may still be configured on both \(inferred\)\./v);
});

test('without adverts nothing is said of a cause', () => {
	const {line, text} = read({kind: 'sync', coverage: coverage(200, 190, 0, 190)});
	assert.match(line, /^SENDER A>B /v);
	assert.match(text, /^The sender changed A > B at 14:02:01\.8, cause unknown: no adverts were heard\./v);
});

test('lost messages are part of the verdict', () => {
	assert.match(read({lostMessages: 16}).text, /16 sync messages of A lost before: the numbers may be off by up to 640\./v);
});

test('a waiting session is never called lost, and no takeover is called ok', () => {
	for (const given of [{}, {kind: 'planned'}, {...wasAway, ownKept: 'no', coverage: coverage(260, 13)}] as const) {
		const {line, text} = read(given);
		assert.doesNotMatch(line + text, /\blost\b|\bok\b|\bfine\b|forgotten/iv);
	}
});

test('every line fits 80 columns with tens of thousands of sessions', () => {
	for (const ownKept of ['none', 'yes', 'likely', 'unlikely', 'no', 'unknown'] as const) {
		for (const kind of ['planned', 'crash', 'preempt', 'sync'] as const) {
			const {line} = read({...wasAway, kind, ownKept, coverage: coverage(52_920, 12_804, 50_000, ownKept === 'yes' || ownKept === 'likely' ? 51_000 : 12_804, 51_000)});
			assert.ok(line.length <= 80, `${line.length}: ${line}`);
		}
	}
});

test('what cannot be told is said to be so', () => {
	const expected = expectationOf(coverage(100, 10, 80, 10, 85), 'unknown');
	assert.deepEqual([expected.sureness, expected.level], ['unknown', 'unknown']);
	assert.match(read({coverage: coverage(100, 10, 80, 10, 85), ownKept: 'unknown', ownEvidence: 'none of its adverts were heard'}).line, /CANNOT TELL/v);
});

test('sessions that were gone before are not expected to be reset again', () => {
	assert.equal(expectationOf({held: 100, sent: 10, own: 0, known: 10, earlier: 0, best: 10, stale: 80, silent: 0}, 'none').resets, 10);
});

test('two masters: who claimed the address last, and whose sessions the other does not know', () => {
	const split: SplitBrain = {
		sinceUs: atUs, endUs: 0, by: 'vrrp', vrid: 51, directors: [0, 1], priorities: [150, 100], onlyBy: [0, 41], claimant: 1, claimUs: atUs + (10 * second), winner: -1, reason: '',
	};
	const {line, sentences} = splitBrainVerdict(split, atUs + (74 * second), plainWords);
	assert.equal(line, 'SPLIT BRAIN: A and B both master on VRID 51 since 14:02:01.8 (1m14s)');
	assert.equal(splitBrainVerdict(split, atUs + (74 * second), plainWords, 60).line, 'SPLIT BRAIN A/B on VRID 51 since 14:02:01.8 (1m14s)');
	assert.equal(sentences.join(' '), [
		'TWO MASTERS on VRID 51 for 1m14s: A prio 150, B prio 100. Neither hears the other\'s sync. Last VIP claim by ARP: B, 1m04s ago. ',
		'41 open sessions announced only by B since: if A wins they are unknown to it. ',
		'What would happen if one of them died cannot be told before one is left.',
	].join(''));
});

test('the end of a split brain: who is left, and what it does not know', () => {
	const split: SplitBrain = {
		sinceUs: atUs, endUs: atUs + (74 * second), by: 'vrrp', vrid: 51, directors: [0, 1], priorities: [150, 100], onlyBy: [7, 41], claimant: 1, claimUs: atUs, winner: 0, reason: '',
	};
	const ended = (columns: number, given: Partial<SplitBrain> = {}) => splitBrainVerdict({...split, ...given}, atUs + (90 * second), plainWords, columns);
	assert.equal(ended(80).line, 'SPLIT ENDED A/B 14:03:15.8 after 1m14s: A remains master, expect 41 RESETS');
	assert.equal(ended(60).line, 'SPLIT ENDED A/B 14:03:15.8: A remains, expect 41 RESETS');
	assert.equal(ended(80).resets, 41);
	assert.match(ended(80).sentences.join(' '), /41 open sessions announced by B alone: unknown to A, expect resets\.$/v);
	assert.match(ended(80, {onlyBy: [7, 0]}).line, /: A remains master, likely KEPT$/v);
	assert.match(ended(80, {onlyBy: [7, 0]}).sentences.join(' '), /are known to A, which was sent them or announced them itself: likely kept\.$/v);
});

test('a new master that was never seen to listen keeps them only if it did', () => {
	const unseen = {listenedSinceUs: 0, listenedUs: 0, listeningEvidence: 'none', accounting: noAccount} as const;
	const {line, text} = read({...unseen, coverage: coverage(210, 210)});
	assert.match(line, /^CRASH A>B .*B knows 210 of 210(?: .*)?, likely KEPT if it listened$/v);
	assert.match(text, /all sent since we listen, assuming that it listened/v);
	// What it announced itself it knows however little it listened.
	assert.match(read({...unseen, coverage: coverage(210, 0, 210, 210), ownKept: 'yes'}).line, /likely KEPT$/v);
});

/** What no width may cut. */
const essential = /CANNOT TELL|KEPT(?: if it listened)?|\d+\+? RESETS?|: \d+ if kept$/v;

test('at 60 columns a line still ends with what to expect, and at 80 it is what it was', () => {
	for (const [ownKept, listeningEvidence] of (['none', 'yes', 'likely', 'unlikely', 'no', 'unknown'] as const).flatMap(kept => [[kept, 'igmp'], [kept, 'none']] as const)) {
		for (const kind of ['planned', 'crash', 'preempt', 'sync'] as const) {
			for (const held of [1, 80, 12_920, 52_920]) {
				for (const sent of [0, Math.floor(held * 0.5), held]) {
					const own = Math.floor(held * 0.9);
					const given = takeover({kind, ownKept, listeningEvidence, coverage: coverage(held, sent, own, ownKept === 'yes' || ownKept === 'likely' ? Math.max(own, sent) : sent, Math.max(own, sent)), blindBeforeUs: sent === 0 ? atUs : 0});
					const {line, expected} = verdictOf(given, atUs, plainWords, 60);
					const whole = verdictOf(given, atUs, plainWords).line;
					assert.ok(line.length <= 60 && whole.length <= 80, `${line.length}: ${line}`);
					assert.match(line, essential);
					const numbers = expected.sureness === 'unknown' ? [] : [...(line.includes('KEPT') ? [] : [expected.resets]), ...(expected.sureness === 'either' ? [expected.otherwise] : [])];
					assert.deepEqual(numbers.filter(number => !new RegExp(String.raw`\b${number}\b`, 'v').test(line)), [], `${line}: ${JSON.stringify(expected)}`);
				}
			}
		}
	}
});

const pair: Pair = {
	id: 0, segment: 0, group: '', port: 0, syncids: [], vrids: [51], directors: [0, 1], master: 0, masterSinceUs: atUs, masterBy: 'advert', vips: [], activeActive: false,
	claimant: -1, claimUs: 0, open: 100, udp: 0, forecasts: [], takeovers: [], splitBrain: undefined, warnings: [],
};
const forecast = (given: Partial<Forecast>): Forecast => ({
	director: 1, from: 0, vips: [], listeningSinceUs: atUs, evidence: 'igmp', coverage: coverage(12_920, 12_804), ownKept: 'none', ownEvidence: '', failBack: false, runningOut: 0, services: [], ...given,
});

test('what would happen if the master died keeps its number at 60 columns, and says both where it hangs on a reboot', () => {
	const lineOf = (given: Partial<Forecast>, columns: number): string =>
		aheadHeadline({pair, forecast: forecast(given), takeover: undefined, lost: 0, sinceUs: atUs - (900 * second), seesJoins: true}, {...plainWords, nowUs: atUs}, columns).text;
	assert.equal(lineOf({coverage: coverage(12_920, 10_000)}, 80), 'if A died now: B knows 10000 of 12920 open TCP, expect 2920 RESETS');
	assert.equal(lineOf({coverage: coverage(12_920, 10_000)}, 60), 'if A died now: B knows 10000 of 12920, expect 2920 RESETS');
	assert.equal(lineOf({coverage: coverage(60, 60)}, 60), 'if A died now: B knows 60 of 60 open TCP, no resets expected');
	assert.equal(lineOf({coverage: coverage(257, 3, 257, 257), ownKept: 'likely'}, 60), 'if A died now: no resets expected; 254 if B rebooted');
	assert.equal(lineOf({coverage: coverage(257, 3, 257, 257), ownKept: 'likely'}, 80), 'if A died now: B knows 257 of 257, no resets expected; 254 if B rebooted');
	assert.equal(lineOf({coverage: coverage(100, 10, 80, 10, 85), ownKept: 'unknown'}, 60), 'if A died now: CANNOT TELL what B knows of 100 open TCP');
	// What must not be done stands first, whatever the width.
	assert.equal(lineOf({coverage: coverage(260, 13), failBack: true}, 80), 'DO NOT fail back to B now: it knows 13 of 260 open TCP, expect 247 RESETS');
	assert.equal(lineOf({coverage: coverage(260, 13), failBack: true}, 60), 'DO NOT fail back to B: it knows 13 of 260, expect 247 RESETS');
});

test('who has just begun to listen says so in place of figures that look whole', () => {
	const given = {...plainWords, nowUs: atUs};
	const since = atUs - (20 * second);
	for (const columns of [60, 80, 140]) {
		assert.match(noneHeadline(since, undefined, given, columns).text, /^listening (?:only )?since 14:01:41\.8.*what was before.* is not known$/v);
	}

	assert.equal(noneHeadline(atUs - (900 * second), undefined, given, 80).text, 'no takeover since 13:47:01.8, when listening began');
	assert.equal(noneHeadline(atUs - (9000 * second), takeover(), {...given, nowUs: atUs + (3600 * second)}, 80).text, 'no takeover since CRASH A>B 14:02:01.8, 1h00m ago', 'that one is not denied');
	const young = (columns: number): string => aheadHeadline({pair, forecast: forecast({coverage: coverage(60, 60)}), takeover: undefined, lost: 0, sinceUs: since, seesJoins: true}, given, columns).text;
	assert.equal(young(80), 'if A died now: B knows 60 of 60 heard since 14:01:41.8; older ones unknown');
	assert.equal(young(60), 'if A died now: B knows 60 of 60 heard; older ones unknown');
});
