import {roleOf} from '../monitor/director-role.js';
import {type Director} from '../monitor/director.js';
import {type Pair, type Takeover} from '../monitor/failover.js';
import {type LimitName} from '../monitor/limits.js';
import {type Sample} from '../monitor/sample.js';
import {directorLetter} from '../monitor/screen-names.js';
import {forecastVerdict, splitBrainVerdict, verdictOf} from '../monitor/verdict.js';
import {faultNames} from '../wire/fault.js';
import {forecastOf, lastTakeover, mainPair, wordsOf} from './fate.js';
import {ago, clockTime, countdown, grouped, onScreen, rate, short} from './format.js';
import {fit, line, type Line, spread, withTones} from './line.js';
import {modeWord, sight, speedText, stateWords, us, sourceText} from './sight.js';

export type HeadlineInput = {
	readonly sample: Sample;
	readonly columns: number;
	readonly localTime: boolean;
	/** Seconds between frames. */
	readonly intervalSeconds: number;
	/** A filter is in force. */
	readonly isFiltered: boolean;
	/** At most so many directors. */
	readonly directors: number;
};

/** What is heard, since when, how completely, and what time it is. */
export const titleLine = ({sample, columns, localTime, intervalSeconds, isFiltered}: HeadlineInput): Line => {
	const {status, nowUs} = sample;
	const heard = status && status.sinceUs > 0 ? `heard ${countdown((nowUs - status.sinceUs) / us)}` : 'starting';
	const drops = status?.places.reduce((sum, place) => sum + place.drops, 0) ?? 0;
	const words = [stateWords(sample), isFiltered ? 'FILTERED' : ''].filter(Boolean).join(' ');
	const time = clockTime(nowUs + (status?.wallOffsetUs ?? 0), localTime);
	const isRunning = sample.ended === undefined && !sample.isPaused;
	const right = `${heard}  ${columns >= 100 ? 'capture ' : ''}drops ${drops}  ${time}${isRunning ? ` ${intervalSeconds}s` : ''}`;
	const mode = `${modeWord(sample)}${speedText(sample)}`;
	const left = `ipvstop ${mode}${words === '' ? '' : ` ${words}`} ${onScreen(sourceText(sample))}`;
	const whole = `${left}  ${sight(sample)}`;
	const text = spread(whole.length + right.length < columns ? whole : left, right, columns);
	return withTones(text, 'title', [...(modeWord(sample) === 'LIVE' ? [] : [[mode, 'word'] as const]), ...words.split(' ').map(word => [word, 'word'] as const), ...(drops > 0 ? [[`drops ${drops}`, 'alarm'] as const] : [])]);
};

const nameOf = (sample: Sample, index: number): string => sample.status?.directors.some(director => director.index === index) ? directorLetter(index) : '?';

/** The longest of some ways to say it that fits, the last one cut if need be. */
const longestFitting = (ways: readonly string[], width: number): string => ways.find(text => text.length <= width) ?? fit(ways.at(-1)!, width);

/** One director: its letter, its role with the evidence, when it was heard. */
const directorLine = (director: Director, pair: Pair | undefined, {sample, columns}: HeadlineInput): Line => {
	const {nowUs, recordRates} = sample;
	const {role, evidence} = roleOf(director, nowUs);
	const isMaster = pair ? pair.master === director.index : role === 'MASTER';
	const age = (timeUs: number) => ago((nowUs - timeUs) / us);
	const isSending = director.lastSyncUs > 0 && nowUs - director.lastSyncUs < 30 * us;
	const records = isSending ? recordRates.get(director.index) : undefined;
	const lost = director.lostMessages > 0 ? `sync msgs lost ${grouped(director.lostMessages)}` : '';
	const sync = director.lastSyncUs > 0 ? `sync ${age(director.lastSyncUs)} ago` : 'no sync';
	const hasClaimed = isMaster && pair !== undefined && pair.claimant >= 0;
	const claim = hasClaimed ? `VIP by ARP: ${nameOf(sample, pair.claimant)} ${age(pair.claimUs)} ago` : '';
	const join = (...parts: readonly string[]): string => `${isMaster ? '*' : ' '}${directorLetter(director.index)} ${director.address.padEnd(columns < 72 ? 0 : 10)} ${[role, ...parts].filter(Boolean).join('  ')}`;
	const pace = records === undefined ? '' : `${rate(records)} rec/s`;
	const shortEvidence = director.masterSinceUs > 0 ? `prio ${director.priority} advert ${age(director.lastAdvertUs)}` : evidence.replaceAll(/ ago\b/gv, '');
	const text = longestFitting([
		join(evidence, claim, sync, pace, lost),
		join(shortEvidence, claim, sync, pace, lost),
		join(shortEvidence, claim.replace(' ago', ''), sync.replace(' ago', ''), pace, lost),
		join(shortEvidence, claim.replace(/ ago$/v, '').replace('VIP by ARP', 'ARP'), sync.replace(' ago', ''), lost || pace),
		join(shortEvidence, claim.replace(/ ago$/v, '').replace('VIP by ARP', 'ARP'), sync.replace(' ago', '')),
		join(shortEvidence, sync.replace(' ago', '')),
	], columns);
	const tone = role === 'MASTER' ? 'good' : (role === 'GONE' ? 'alarm' : 'heading');
	return withTones(text, 'plain', [[role, tone], ...(lost ? [[lost, 'alarm'] as const] : [])]);
};

/** Who owns the VIP, who is there beside, by which evidence. */
export const directorLines = (input: HeadlineInput): Line[] => {
	const {sample, columns, directors: room} = input;
	const pair = mainPair(sample);
	const all = sample.status?.directors ?? [];
	const inPair = new Set(pair ? [...pair.directors, ...pair.forecasts.map(({director}) => director)] : all.map(({index}) => index));
	const members = all.filter(({index}) => inPair.has(index));
	const ordered = members.toSorted((one, other) => Number(other.index === pair?.master) - Number(one.index === pair?.master));
	const shown = ordered.slice(0, ordered.length > room ? Math.max(1, room - 1) : room);
	const rest = all.length - shown.length;
	return [
		...shown.map(director => directorLine(director, pair, input)),
		...(rest > 0 && shown.length < room ? [line(fit(`  and ${rest} more director${rest === 1 ? '' : 's'} heard [4]`, columns), 'dim')] : []),
	];
};

/** A line of the desk: alarm, warning or nothing wrong. */
const deskLine = (text: string, level: string, columns: number): Line => {
	const head = /^!?[A-Z ]+(?=[ :])/v.exec(text)?.[0] ?? '';
	const tone = level === 'alarm' ? 'alarm' : (level === 'warning' ? 'warning' : 'plain');
	// Where it leaves no room, the verdict is worth more than the number of its view.
	const whole = text.length + 4 > columns ? fit(text, columns) : spread(text, '[4]', columns);
	return withTones(whole, 'plain', [[head.trim().length > 3 ? head : '', tone === 'plain' ? 'heading' : tone]]);
};

/** Waiting is normal, unless the new master knows so little that most of those that wait are to be reset. */
const accountLine = ({accounting}: Takeover, isBad: boolean, columns: number): Line => {
	const {heard, closed, ranout, moved, waiting, overdue} = accounting;
	const text = `since: heard ${short(heard)}  closed ${short(closed)}  ran out ${short(ranout)}${moved > 0 ? `  moved ${short(moved)}` : ''}  waiting ${short(waiting)}${isBad ? '' : ' (normal)'}  overdue ${short(overdue)}`;
	return withTones(spread(text, '[4]', columns), 'plain', overdue > 0 ? [[`overdue ${short(overdue)}`, 'warning']] : []);
};

/** What was refused so far, by name, most frequent first: packets by the decoder, messages and records by the table. */
export const refusals = ({status, totals}: Sample): Array<{name: string; count: number}> => faultNames
	.map((name, code) => ({name, count: (status?.tally.faults[code] ?? 0) + (totals.refused.get(name) ?? 0)}))
	.filter(({count}) => count > 0)
	.toSorted((one, other) => other.count - one.count);

/** All sessions, never filtered. */
const totalsLine = ({services, totals, ...sample}: Sample, columns: number): Line => {
	const open = services.reduce((sum, service) => sum + service.open, 0);
	const closing = services.reduce((sum, service) => sum + service.closing, 0);
	const refused = refusals({...sample, services, totals}).reduce((sum, {count}) => sum + count, 0);
	return line(fit(`open ${grouped(open)}  closing ${grouped(closing)}  templates ${grouped(totals.templates)}  new ${rate(totals.newRates.tenSeconds)}/s  end ${rate(totals.endRates.tenSeconds)}/s`
		+ `  ran out ${grouped(totals.ranout)}${refused > 0 ? `  refused ${grouped(refused)}` : ''}`, columns));
};

/** What would happen if the master died now. */
const forecastLine = (pair: Pair, sample: Sample, columns: number, localTime: boolean): Line => {
	const verdict = forecastVerdict(pair, forecastOf(pair), wordsOf(sample, localTime));
	return verdict
		? line(spread(verdict.line, '[4]', columns), verdict.expected.resets > 0 ? 'warning' : 'plain')
		: line(fit(pair.open === 0 ? 'no open sessions' : `if ${nameOf(sample, pair.master)} died now: nobody is seen to listen, so nobody can be said to know its sessions`, columns), 'warning');
};

/** A source that is in trouble comes before everything else. */
const troubleLine = ({status, ended}: Sample, columns: number): Line | undefined => {
	const problem = ended?.problems[0];
	if (problem) {
		return line(fit(`! ${onScreen(problem)}`, columns), 'alarm');
	}

	const down = status?.places.find(place => place.state === 'down' || place.state === 'gone' || place.state === 'failed');
	return down && line(fit(`! ${onScreen(down.name)} ${down.state}: ${onScreen(down.detail)}`, columns), 'alarm');
};

const splitBrainLine = ({splitBrain}: Pair, sample: Sample, columns: number, localTime: boolean): Line | undefined => splitBrain?.endUs === 0
	? deskLine(splitBrainVerdict(splitBrain, sample.nowUs, wordsOf(sample, localTime)).line, 'alarm', columns)
	: undefined;

const limitWords: Readonly<Record<LimitName, string>> = {
	senders: 'frames of too many senders', adverts: 'adverts of too many senders', segments: 'frames of too many VLANs', addresses: 'too many VIPs in adverts', routers: 'adverts of too many VRIDs',
	streams: 'messages unwatched for loss', joins: 'hasty joins', takeovers: 'hasty changes of the master', events: 'like events left out',
};

/** What found no room: the table is full, or somebody makes things up. Nothing while there is room for all. */
const crowdLine = ({totals, status}: Sample, columns: number): Line | undefined => {
	const {evicted, evictedUnknown, refused} = totals;
	const roomless = (refused.get('path-limit') ?? 0) + (refused.get('pe-limit') ?? 0);
	const parts = [
		...(evicted > 0 ? [`evicted ${grouped(evicted)} sessions${evictedUnknown > 0 ? `, ${evictedUnknown === evicted ? 'all' : grouped(evictedUnknown)} of unknown senders` : ''}`] : []),
		...(roomless > 0 ? [`no room for ${grouped(roomless)} records`] : []),
		...(status?.limits ?? []).map(({name, count}) => `${grouped(count)} ${limitWords[name]}`),
	];
	return parts.length === 0 ? undefined : line(fit(`! FULL: ${parts.join('; ')}`, columns), evicted > evictedUnknown ? 'alarm' : 'warning');
};

/** Two lines: what happened, or would; and the figures. A third one when something was full. */
export const verdictLines = ({sample, columns, localTime}: HeadlineInput): Line[] => {
	const crowd = crowdLine(sample, columns);
	const rest = crowd ? [crowd] : [];
	const pair = mainPair(sample);
	const takeover = pair && lastTakeover(pair, sample.nowUs);
	const first = troubleLine(sample, columns) ?? (pair && splitBrainLine(pair, sample, columns, localTime));
	if (takeover) {
		const {line: text, level} = verdictOf(takeover, sample.nowUs, wordsOf(sample, localTime));
		return [first ?? deskLine(text, level, columns), accountLine(takeover, level === 'bad', columns), ...rest];
	}

	const forecast = first ?? (pair && pair.master >= 0 ? forecastLine(pair, sample, columns, localTime) : undefined);
	return [...(forecast ? [forecast] : []), totalsLine(sample, columns), ...rest];
};
