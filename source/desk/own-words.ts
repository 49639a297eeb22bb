/*
What a new master's own words tell. It announces of the sessions held only what its kernel knows: those that it was not sent it can have
kept from its own former reign. Says which of that is sure, with its rate of false alarms (thresholds).
*/
import {type ServiceCensus} from '../census/counts.js';
import {type Finding, type OwnKept, type OwnWords} from './facts/failover.js';
import {thresholds} from './facts/thresholds.js';
import {type TakeoverState} from './state.js';

export const noWords: OwnWords = {messages: 0, ownHeard: 0, ownDue: 0, otherHeard: 0, otherDue: 0, due: 0, silent: 0, reals: 0};

/** Of this many, each of which is silent with this probability, at least `silent` are: a binomial tail. */
const chanceOf = (silent: number, count: number, share: number): number => {
	let term = (1 - share) ** count;
	let below = 0;
	for (let index = 0; index < silent; index++) {
		below += term;
		term *= ((count - index) / (index + 1)) * (share / (1 - share));
	}

	return Math.max(0, 1 - below);
};

/** So many of those that were due were heard again that it must have received what it was sent. */
export const isReceiptShown = (due: number, silent: number): boolean => due >= thresholds.pace.least && 1 - chanceOf(silent + 1, due, thresholds.pace.lostShare) < thresholds.pace.receivedChance;

/** Of events of which `mean` are due in the mean, at most `count` come: a Poisson tail. */
const chanceOfAtMost = (count: number, mean: number): number => {
	let term = Math.exp(-mean);
	let sum = 0;
	for (let index = 0; index <= count; index++) {
		sum += term;
		term *= mean / (index + 1);
	}

	return sum;
};

/** What is to be concluded from them. A single message, which anyone can forge, proves nothing. */
const findingOf = ({words: {ownHeard, ownDue, otherHeard, otherDue, due, silent}, wordsFirstMs, wordsLastMs, survival: {kept}}: TakeoverState, isSpeaking: boolean): Finding => {
	const {ownWords, pace} = thresholds;
	const heard = ownHeard + otherHeard;
	const expected = ownDue + otherDue;
	const isSeveral = wordsLastMs - wordsFirstMs >= ownWords.apartUs / 1000;
	if (isSeveral && heard >= ownWords.rebuiltLeast && heard > expected + (ownWords.rebuiltDeviations * Math.sqrt(Math.max(expected, 1)))) {
		return 'rebuilt';
	}

	// Some of them it may have been sent without our seeing that it listened.
	if (isSeveral && heard >= Math.max(ownWords.kept, expected * ownWords.keptShare)) {
		return 'kept';
	}

	if (!isSpeaking) {
		return 'none';
	}

	const leastDue = ownDue * ownWords.slack;
	if (kept !== 'yes' && ownHeard < leastDue * ownWords.keptShare && chanceOfAtMost(ownHeard, leastDue) < ownWords.goneChance) {
		return 'gone';
	}

	return due >= pace.least && chanceOf(silent, due, pace.silentShare) < pace.chance ? 'lossy' : 'none';
};

/** Takes what a count of the table found. `isSpeaking`: the new master announces sessions of these addresses at all, so that silence about some means something. */
export const noteWords = (state: TakeoverState, rows: readonly ServiceCensus[], isSpeaking: boolean): void => {
	let words = {...noWords, messages: state.messages};
	let firstMs = 0;
	let lastMs = 0;
	for (const {udp, reals, words: row} of rows) {
		if (udp) {
			continue;
		}

		words = {
			messages: state.messages,
			ownHeard: words.ownHeard + row.ownHeard, ownDue: words.ownDue + row.ownDue, otherHeard: words.otherHeard + row.otherHeard, otherDue: words.otherDue + row.otherDue,
			due: words.due + row.due, silent: words.silent + row.silent, reals: Math.max(words.reals, reals),
		};
		firstMs = row.firstMs === 0 ? firstMs : (firstMs === 0 ? row.firstMs : Math.min(firstMs, row.firstMs));
		lastMs = Math.max(lastMs, row.lastMs);
	}

	state.words = words;
	state.wordsFirstMs = firstMs;
	state.wordsLastMs = lastMs;
	// What was sure stays so: later counts say less, for sessions end.
	const finding = findingOf(state, isSpeaking);
	if (state.finding !== 'rebuilt' && (state.finding !== 'kept' || finding === 'rebuilt')) {
		state.finding = finding;
	}
};

/** What the signs and the words say together of what it kept. */
export const keptAfter = (kept: OwnKept, finding: Finding): OwnKept => finding === 'kept' ? 'yes' : (finding === 'gone' || finding === 'rebuilt' ? 'no' : kept);

/** The same in words. */
export const evidenceAfter = (evidence: string, finding: Finding, {ownHeard, otherHeard, ownDue}: OwnWords): string => {
	if (finding === 'kept') {
		return `it announces sessions that it was not sent since (${ownHeard + otherHeard}): its kernel kept them`;
	}

	if (finding === 'gone') {
		return `of the sessions that only it had announced before it announced ${ownHeard}, where some ${Math.floor(ownDue)} were due: its kernel lost them`;
	}

	return finding === 'rebuilt' ? 'it announces sessions that it cannot know faster than a kept table would: it makes connections of any packet (sloppy_tcp)' : evidence;
};
