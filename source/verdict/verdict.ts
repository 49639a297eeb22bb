/*
The failover desk's plain sentences: evidence, number, what to expect, what cannot be known. Functions of finished values; names of
directors and times of day come from the caller. What is inferred is worded so, and waiting is never called loss.
*/
import {type Forecast, type Pair, type SplitBrain, type Takeover} from '../desk/facts/failover.js';
import {percent, span} from '../text/format.js';
import {expectationAfter, expectationOf, recordsPerMessage, type Expectation} from '../desk/facts/expectation.js';
import {secondUs} from '../wire/second.js';
import {splitHeadlines, takeoverHeadline} from './headline.js';

export type Words = {
	/** A short name of a director: a letter, or from the configuration. */
	name(director: number): string;
	/** A time of day with tenths of a second: `14:02:01.8`. */
	clock(timeUs: number): string;
};

export type Verdict = {
	readonly level: Expectation['level'];
	readonly expected: Expectation;
	/** The first line of the screen, which says the same in short. */
	readonly line: string;
	/** For the failover view: sentences to be wrapped. */
	readonly sentences: readonly string[];
};

const lineColumns = 80;

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

const spanText = (micros: number): string => span(micros / secondUs);

const openingOf = (takeover: Takeover, expected: Expectation, {name, clock}: Words): string => {
	const {kind, from, to, atUs, gapUs, vips, coverage, failBack, awaySinceUs, listenedUs, listenedSinceUs, ownKept, fromLastAdvertUs} = takeover;
	const [a, b] = [name(from), name(to)];
	if (kind === 'planned') {
		return `${a} resigned (priority 0) at ${clock(atUs - gapUs)}; ${b} master ${spanText(gapUs)} later.`;
	}

	if (kind === 'crash') {
		return `${a} fell silent at ${clock(fromLastAdvertUs === 0 ? atUs - gapUs : Math.min(fromLastAdvertUs, atUs - gapUs))}; ${b} master after ${spanText(gapUs)}.`;
	}

	if (kind === 'sync') {
		return `The sender changed ${a} > ${b} at ${clock(atUs)}, cause unknown: no adverts were heard.`;
	}

	if (kind === 'move') {
		return `${vips.length === 1 ? `${vips[0]} was` : `${vips.length} addresses were`} claimed by ${b} at ${clock(atUs)}, before by ${a}; cause unknown: no adverts were heard.`;
	}

	const listened = listenedSinceUs === 0 ? 'was not seen to listen' : `listened ${spanText(listenedUs)}`;
	if (expected.level === 'bad' && (ownKept === 'no' || ownKept === 'unlikely')) {
		const sign = ownKept === 'no' ? 'came back fresh (its interface came up anew)' : 'came back without a sign of its old state';
		return `${b} TOOK OVER ${coverage.known === 0 ? 'EMPTY' : 'NEARLY EMPTY'} at ${clock(atUs)}: it had ${awaySinceUs > 0 ? 'been away' : 'not served'}, ${sign}, ${listened} and was sent ${coverage.sent} of ${coverage.held} open sessions.`;
	}

	return failBack
		? `${b} IS BACK at ${clock(atUs)} by priority: it ${listened}.`
		: `${b} took over from ${a} by priority at ${clock(atUs)}: it ${listened}.`;
};

const how = ({coverage: {held, sent, earlier, own, known}, listenedSinceUs, listeningEvidence}: Takeover): string => {
	if (known !== sent) {
		return `${sent} sent to it, ${own} announced by itself before`;
	}

	if (earlier > 0) {
		return `${sent} sent to it, ${earlier} of them before its daemon was started anew`;
	}

	const all = known === held ? 'all ' : '';
	return listeningEvidence === 'assumed' || listenedSinceUs === 0 ? `${all}sent since we listen, assuming that it listened` : `${all}sent to it${all === '' ? ' while it listened' : ''}`;
};

const expectationSentence = (takeover: Takeover, {sureness, resets, otherwise, level}: Expectation, {name, clock}: Words): string => {
	const b = name(takeover.to);
	const {coverage: {held, own, known, sent, stale, earlier}, kind, ownKept, ownEvidence, finding, words} = takeover;
	const knows = `${b} knows ${known} of ${held} open sessions (${how(takeover)})`;
	const upTo = `Expect up to ${plural(resets, 'reset')}, each at its next packet`;
	if (takeover.isUnprotected) {
		return `Nothing was ever announced for ${takeover.vips.join(' ')}: ${name(takeover.from)} served it without sending sync. Its sessions, if it had any, are unknown to ${b}: expect them to be reset.`;
	}

	if (takeover.isBlind) {
		return `What was open then cannot be known: listening only since ${clock(takeover.blindBeforeUs)}.`;
	}

	if (finding === 'rebuilt') {
		return `${b} was sent ${sent} of ${held} open sessions, and announces others that it cannot know (${words.ownHeard + words.otherHeard} so far): it makes connections of any packet (sloppy_tcp), each to any of its ${words.reals} real servers. Expect some ${resets} resets, at most ${otherwise}; those heard again live on.`;
	}

	if (finding === 'lossy') {
		return `${b} was sent ${known} of ${held} open sessions, but of ${words.due} that are due by their own rhythm ${words.silent} were not heard again: sync was lost at ${b}. Expect some ${resets} resets, each at its next packet.`;
	}

	if (sureness === 'unknown') {
		return `${knows}, but what else it holds cannot be told (${ownEvidence}): expect between ${otherwise} and ${Math.max(resets, held - sent - stale)} resets.`;
	}

	if (sureness === 'either' && earlier > 0 && ownKept !== 'likely') {
		return `${knows}: ${resets === 0 ? 'likely kept' : `expect ${plural(resets, 'reset')}`} unless ${b} was rebooted then (expect up to ${plural(otherwise, 'reset')}). No sign of a reboot seen.`;
	}

	if (sureness === 'either' && ownKept === 'likely') {
		return `It was sent ${sent} of ${held}, but announced ${own} itself before: ${resets === 0 ? 'kept' : `expect ${plural(resets, 'reset')}`} unless ${b} was rebooted (then expect up to ${plural(otherwise, 'reset')}). No sign of a reboot seen: ${ownEvidence}.`;
	}

	// The opening gave the numbers already.
	const isOpened = kind === 'preempt' && level === 'bad' && (ownKept === 'no' || ownKept === 'unlikely');
	if (sureness === 'either') {
		return `${isOpened ? upTo : `${knows}. ${upTo}`}; only ${otherwise} if its kernel kept what it held (${ownEvidence}).`;
	}

	const gone = stale > 0 ? ` ${plural(stale, 'further session')} had been unknown to the master before and silent since: most likely gone already.` : '';
	if (resets === 0) {
		return `${knows}${known > sent && ownKept === 'yes' ? `, and kept: ${ownEvidence}` : ': likely kept'}.${gone}`;
	}

	if (isOpened) {
		return `${upTo}.${gone}`;
	}

	return known * 2 > held ? `${knows}: likely kept; ${resets} not: expect resets.${gone}` : `${knows}. ${upTo}.${gone}`;
};

const caveatsOf = (takeover: Takeover, expected: Expectation, nowUs: number, {name, clock}: Words): string[] => {
	const {from, to, kind, atUs, accounting, fromSyncUs, fromLastAdvertUs, lostMessages, blindBeforeUs, evidence, udp} = takeover;
	const a = name(from);
	const caveats: string[] = [];
	if (kind !== 'planned' && (evidence.some(one => one.includes('goes on')) || (fromSyncUs > 0 && kind === 'crash'))) {
		const agoText = fromSyncUs > 0 ? ` (last ${spanText(nowUs - fromSyncUs)} ago)` : '';
		caveats.push(`${a}'s adverts stopped at ${clock(Math.min(fromLastAdvertUs, atUs))} but its sync went on${agoText}: keepalived on ${a} is dead or its adverts are blocked; its kernel still forwards. The VIP may still be configured on both (inferred).`);
	}

	if (takeover.isAtMost) {
		caveats.push(`Whether all of it arrived at ${name(to)} is not shown yet: what did not is reset.`);
	}

	if (accounting.waiting > 0 && expected.level !== 'bad') {
		caveats.push(`${accounting.waiting} still waiting: normal, up to 50 client packets.`);
	}

	if (expected.level === 'bad' && expected.sureness !== 'unknown') {
		caveats.push(`Their rows are ${a}'s last word and stay up to 15 min: do not read them as alive.`);
	}

	if (kind === 'planned') {
		caveats.push(`${a}'s last <=3 s of changes may never have been sent.`);
	}

	if (lostMessages > 0) {
		caveats.push(`${plural(lostMessages, 'sync message')} of ${a} lost before: the numbers may be off by up to ${lostMessages * recordsPerMessage}.`);
	}

	if (blindBeforeUs > 0) {
		caveats.push(`We have listened only since ${clock(blindBeforeUs)}: what was announced before is not in these numbers.`);
	}

	if (udp.held > udp.known && udp.held > 0) {
		const {heard, moved, waiting} = takeover.udpAccounting;
		caveats.push(`${udp.held - udp.known} of ${udp.held} UDP flows then were not known to ${name(takeover.to)}, so they are scheduled anew: by now ${heard} heard again, ${moved} of another real server, ${waiting} not yet.`);
	}

	if (nowUs - atUs < 120 * secondUs || expected.level !== 'good') {
		caveats.push('Never-announced connections cannot be judged.');
	}

	return caveats;
};

/** The verdict of a takeover, as of `nowUs`: formed at once from what the new master knows. Its line has at most `columns` characters. */
export const verdictOf = (takeover: Takeover, nowUs: number, words: Words, columns = lineColumns): Verdict => {
	const expected = expectationAfter(takeover);
	const sentences = takeover.coverage.held === 0 && !takeover.isBlind && !takeover.isUnprotected
		? [openingOf(takeover, expected, words), 'No open session was known then.']
		: [openingOf(takeover, expected, words), expectationSentence(takeover, expected, words), ...caveatsOf(takeover, expected, nowUs, words)];
	return {level: expected.level, expected, line: takeoverHeadline(takeover, {...words, nowUs}, columns).text, sentences};
};

/** A split brain, while it lasts and after its end. */
export const splitBrainVerdict = (split: SplitBrain, nowUs: number, words: Words, columns = lineColumns): {readonly line: string; readonly sentences: readonly string[]; readonly resets: number} => {
	const {name, clock} = words;
	const names = split.directors.map(director => name(director));
	const lasted = spanText((split.endUs || nowUs) - split.sinceUs);
	const where = split.by === 'vrrp' ? ` on VRID ${split.vrid}` : ' by their sync';
	const prios = split.by === 'vrrp' ? names.map((one, index) => `${one} prio ${split.priorities[index]}`).join(', ') : names.join(' and ');
	const claim = split.claimUs > 0 && split.claimant >= 0 ? ` Last VIP claim by ARP: ${name(split.claimant)}, ${spanText(nowUs - split.claimUs)} ago.` : ' No VIP claim by ARP was heard.';
	const only = names.map((one, index) => ({one, count: split.onlyBy[index] ?? 0, index})).filter(({count}) => count > 0);
	const line = splitHeadlines(split, split, {...words, nowUs}, columns)[0].text;
	if (split.endUs > 0) {
		const winner = name(split.winner);
		const unknown = only.filter(({index}) => split.directors[index] !== split.winner);
		return {
			line,
			resets: unknown.reduce((sum, {count}) => sum + count, 0),
			sentences: [`Two masters${where} from ${clock(split.sinceUs)} to ${clock(split.endUs)} (${lasted}); ${winner} is left.`, ...(unknown.length === 0
				? [`All open sessions that were announced meanwhile are known to ${winner}, which was sent them or announced them itself: likely kept.`]
				: unknown.map(({one, count}) => `${plural(count, 'open session')} announced by ${one} alone: unknown to ${winner}, expect resets.`))],
		};
	}

	return {
		line,
		resets: 0,
		sentences: [`TWO MASTERS${where} for ${lasted}: ${prios}.${split.reason === '' ? '' : ` Why: ${split.reason}; such adverts are nothing to the other one.`} Neither hears the other's sync.${claim}`, ...only
			.map(({one, count}) => `${plural(count, 'open session')} announced only by ${one} since: if ${names.filter(other => other !== one).join(' or ')} wins they are unknown to it.`), 'What would happen if one of them died cannot be told before one is left.'],
	};
};

/** What would happen if the master died now, in sentences; the first lines of the screen say it in one (`aheadHeadline`). Undefined while nobody listens. */
export const forecastVerdict = (pair: Pair, forecast: Forecast | undefined, {name, clock}: Words): {readonly sentences: readonly string[]; readonly expected: Expectation} | undefined => {
	if (!forecast) {
		return undefined;
	}

	const {coverage, ownKept, ownEvidence, listeningSinceUs, failBack, runningOut, evidence} = forecast;
	const b = name(forecast.director);
	const a = forecast.from >= 0 ? name(forecast.from) : (pair.master >= 0 ? name(pair.master) : 'the master');
	const expected = expectationOf(coverage, ownKept);
	const knows = `${b} knows ${coverage.known} of ${coverage.held} open (${percent(coverage.known, coverage.held)})`;
	const since = evidence === 'assumed' ? `${b} is in the group` : `${b} has listened since ${clock(listeningSinceUs)}`;
	const doubt = expected.sureness === 'either' ? (expected.otherwise > expected.resets ? ` If ${b} was rebooted since, up to ${expected.otherwise} resets.` : ` If its kernel kept what it held, ${expected.otherwise}.`) : '';
	const resets = expected.sureness === 'unknown' ? 'what else it holds cannot be told' : (expected.resets === 0 ? 'no resets expected' : `expect resets of up to ${expected.resets}`);
	return {
		expected,
		sentences: [
			failBack
				? `${since} and knows ${percent(coverage.known, coverage.held)} of the open sessions (${coverage.known} of ${coverage.held}): if it took over now, ${resets}.${doubt}`
				: `${since}. If ${a} died now: ${knows}: ${resets}.${doubt}`,
			...(ownKept === 'none' || coverage.known === coverage.sent ? [] : [`${coverage.sent} were sent to it, the rest it announced itself: ${ownEvidence}.`]),
			...(runningOut > 0 ? [`${plural(runningOut, 'session')} of them run out before the next announcement is due.`] : []),
		],
	};
};
