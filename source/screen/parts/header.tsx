import {roleOf} from '../../verdict/director-role.js';
import {type Director} from '../../desk/facts/director.js';
import {type Pair, type Takeover} from '../../desk/facts/failover.js';
import {type LimitName} from '../../desk/facts/limits.js';
import {isUdpService} from '../../desk/facts/pair-services.js';
import {type Sample} from '../../sample/sample.js';
import {directorLetter} from '../../sample/screen-names.js';
import {forecastVerdict, splitBrainVerdict, verdictOf} from '../../verdict/verdict.js';
import {faultNames} from '../../wire/fault.js';
import {forecastOf, lastSplit, lastTakeover, mainPair, wordsOf} from '../../sample/standing.js';
import {ago, clockTime, countdown, grouped, onScreen, rate, short} from '../../text/format.js';
import {fit, fitting, line, type Line, type Phrase, phrased, spread, withTones} from '../../text/line.js';
import {modeWord, sight, speedText, stateWords, us, sourceText} from '../../sample/source-words.js';
import {type Frame} from '../frame.js';
import {Lines} from '../theme.js';

/** What is listened to, for how long, how completely, and what time it is. */
export const titleLine = ({sample, columns, localTime, intervalSeconds, ui}: Frame, isSilent = false): Line => {
	const {status, nowUs} = sample;
	const [listening, forShort] = status && status.sinceUs > 0 ? ['listening', 'for'].map(word => `${word} ${countdown((nowUs - status.sinceUs) / us)}`) : ['starting', 'starting'];
	const drops = status?.places.reduce((sum, place) => sum + place.drops, 0) ?? 0;
	const words = [stateWords(sample), ui.filter !== '' && !isSilent ? 'FILTERED' : ''].filter(Boolean).join(' ');
	const time = clockTime(nowUs + (status?.wallOffsetUs ?? 0), localTime);
	const isRunning = sample.ended === undefined && !sample.isPaused;
	const figures = `${columns >= 100 ? 'capture ' : ''}drops ${drops}  ${time}${isRunning ? ` ${intervalSeconds}s` : ''}`;
	const mode = `${modeWord(sample)}${speedText(sample)}`;
	const left = `ipvstop ${mode}${words === '' ? '' : ` ${words}`} ${onScreen(sourceText(sample))}`;
	const whole = `${left}  ${sight(sample)}`;
	const [shown, since] = [[whole, listening], [whole, forShort], [left, listening]].find(([one, two]) => one!.length + two!.length + figures.length + 2 < columns) ?? [left, forShort];
	const text = spread(shown!, `${since!}  ${figures}`, columns);
	return withTones(text, 'title', [...(modeWord(sample) === 'LIVE' ? [] : [[mode, 'word'] as const]), ...words.split(' ').map(word => [word, 'word'] as const), ...(drops > 0 ? [[`drops ${drops}`, 'alarm'] as const] : [])]);
};

const nameOf = (sample: Sample, index: number): string => sample.status?.directors.some(director => director.index === index) ? directorLetter(index) : '?';

/** One director: its letter, its role with the evidence, when it was heard. */
const directorLine = (director: Director, pair: Pair | undefined, {sample, columns, named}: Frame): Line => {
	const {nowUs, recordRates} = sample;
	const {role, evidence} = roleOf(director, nowUs);
	const isRival = pair?.splitBrain?.endUs === 0 && pair.splitBrain.directors.includes(director.index);
	const isMaster = pair ? isRival || pair.master === director.index : role === 'MASTER';
	const age = (timeUs: number) => ago((nowUs - timeUs) / us);
	const isSending = director.lastSyncUs > 0 && nowUs - director.lastSyncUs < 30 * us;
	const records = isSending ? recordRates.get(director.index) : undefined;
	const lost = director.lostMessages > 0 ? `sync msgs lost ${grouped(director.lostMessages)}` : '';
	// Whoever listens sends nothing: that is no news.
	const sync = director.lastSyncUs > 0 ? `sync ${age(director.lastSyncUs)} ago` : (director.listeningSinceUs > 0 ? '' : 'no sync');
	const hasClaimed = pair?.master === director.index && pair.claimant >= 0;
	const claim = hasClaimed ? `VIP by ARP: ${nameOf(sample, pair.claimant)} ${age(pair.claimUs)} ago` : '';
	const join = (...parts: readonly string[]): string => `${isMaster ? '*' : ' '}${directorLetter(director.index)} ${named(director.address).padEnd(columns < 72 ? 0 : 10)} ${[role, ...parts].filter(Boolean).join('  ')}`;
	const pace = records === undefined ? '' : `${rate(records)} rec/s`;
	const shortEvidence = director.masterSinceUs > 0 ? `prio ${director.priority} advert ${age(director.lastAdvertUs)}` : evidence.replaceAll(/ ago\b/gv, '');
	const text = fitting([
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

/** Directors that have a line, the master first, where there is room for so many lines; and how many have none. */
const shownDirectors = (sample: Sample, room: number): {readonly shown: readonly Director[]; readonly rest: number} => {
	const pair = mainPair(sample);
	const all = sample.status?.directors ?? [];
	const inPair = new Set(pair ? [...pair.directors, ...pair.forecasts.map(({director}) => director)] : all.map(({index}) => index));
	const ordered = all.filter(({index}) => inPair.has(index)).toSorted((one, other) => Number(other.index === pair?.master) - Number(one.index === pair?.master));
	const shown = ordered.slice(0, ordered.length > room ? Math.max(1, room - 1) : room);
	return {shown, rest: all.length - shown.length};
};

/** Who owns the VIP, who is there beside, by which evidence. */
export const directorLines = (frame: Frame, room: number): Line[] => {
	const {sample, columns} = frame;
	const pair = mainPair(sample);
	const {shown, rest} = shownDirectors(sample, room);
	return [
		...shown.map(director => directorLine(director, pair, frame)),
		...(rest > 0 && shown.length < room ? [line(fit(`  and ${rest} more heard [4]`, columns), 'dim')] : []),
	];
};

/** Where it leaves no room, a line is worth more than the number of the view that says more. */
const numbered = (text: string, columns: number): string => text.length + 4 > columns ? fit(text, columns) : spread(text, '[4]', columns);

/** A line of the desk: alarm, warning or nothing wrong. */
const deskLine = (text: string, level: string, columns: number): Line => {
	const head = /^!?[A-Z ]+(?=[ :])/v.exec(text)?.[0] ?? '';
	const tone = level === 'alarm' ? 'alarm' : (level === 'warning' ? 'warning' : 'plain');
	return withTones(numbered(text, columns), 'plain', [[head.trim().length > 3 ? head : '', tone === 'plain' ? 'heading' : tone]]);
};

/** Waiting is normal, unless the new master knows so little that most of those that wait are to be reset. */
const accountLine = ({accounting}: Takeover, isBad: boolean, columns: number): Line => {
	const {heard, closed, ranout, moved, waiting, overdue} = accounting;
	const phrase = (name: string, count: number, spare: number): Phrase => ({text: `${name} ${short(count)}`, spare: count === 0 ? spare + 10 : spare});
	const text = phrased([
		{text: `since: heard ${short(heard)}`}, phrase('closed', closed, 2), phrase('ran out', ranout, 1), ...(moved > 0 ? [phrase('moved', moved, 3)] : []),
		{text: `waiting ${short(waiting)}`}, ...(isBad ? [] : [{text: '(normal)', spare: 20}]), {text: `overdue ${short(overdue)}`},
	], columns);
	return withTones(numbered(text.replace('  (normal)', ' (normal)'), columns), 'plain', overdue > 0 ? [[`overdue ${short(overdue)}`, 'warning']] : []);
};

/** What was refused so far, by name, most frequent first: packets by the decoder, messages and records by the table. */
export const refusals = ({status, totals}: Sample): Array<{name: string; count: number}> => faultNames
	.map((name, code) => ({name, count: (status?.tally.faults[code] ?? 0) + (totals.refused.get(name) ?? 0)}))
	.filter(({count}) => count > 0)
	.toSorted((one, other) => other.count - one.count);

/**
All sessions, never filtered. Open are TCP and SCTP sessions in ESTABLISHED, as in the verdicts, and UDP flows are counted apart; of a single pair they
are the desk's own figures, so that a verdict beside them speaks of the same number.
*/
const totalsLine = ({services, totals, ...sample}: Sample, columns: number): Line => {
	const pairs = sample.status?.failover.pairs ?? [];
	const openOf = (isUdp: boolean) => services.reduce((sum, {service, open}) => isUdpService(service) === isUdp ? sum + open : sum, 0);
	const {open, udp} = pairs.length === 1 ? pairs[0]! : {open: openOf(false), udp: openOf(true)};
	const closing = services.reduce((sum, service) => sum + service.closing, 0);
	const refused = refusals({...sample, services, totals}).reduce((sum, {count}) => sum + count, 0);
	const spareable = (name: string, count: number, spare: number): Phrase => ({text: `${name} ${grouped(count)}`, spare: count === 0 ? spare + 10 : spare});
	return line(phrased([
		{text: `open ${grouped(open)}`}, {text: udp > 0 ? `udp ${grouped(udp)}` : ''}, spareable('closing', closing, 2), spareable('templates', totals.templates, 3),
		{text: `new ${rate(totals.newRates.tenSeconds)}/s`}, {text: `end ${rate(totals.endRates.tenSeconds)}/s`, spare: 1}, spareable('ran out', totals.ranout, 0), {text: refused > 0 ? `refused ${grouped(refused)}` : ''},
	], columns));
};

/** Directors that advertise the virtual router of the master beside it, though no split brain is certain yet. */
const rivalsOf = ({directors, master}: Pair, {status, nowUs}: Sample): number[] => {
	const all = status?.directors ?? [];
	const vrid = all.find(({index}) => index === master)?.vrid;
	return all.filter(director => director.index !== master && directors.includes(director.index) && director.vrid === vrid && roleOf(director, nowUs).role === 'MASTER').map(({index}) => index);
};

/** What would happen if the master died now, as far as that can be known. */
const forecastLine = (pair: Pair, sample: Sample, columns: number, localTime: boolean): Line => {
	const rivals = rivalsOf(pair, sample);
	if (rivals.length > 0) {
		return deskLine(`!TWO MASTERS? ${[...rivals, pair.master].map(index => nameOf(sample, index)).join(' and ')} advertise: no forecast`, 'warning', columns);
	}

	const verdict = forecastVerdict(pair, forecastOf(pair), wordsOf(sample, localTime), columns);
	return verdict
		? line(numbered(verdict.line, columns), verdict.expected.resets > 0 ? 'warning' : 'plain')
		: line(fit(pair.open === 0 ? 'no open sessions' : `if ${nameOf(sample, pair.master)} died now: cannot tell, no director is seen to listen`, columns), 'warning');
};

/** A source that is in trouble is told beside what happened. */
const troubleOf = ({status, ended}: Sample): string | undefined => {
	const problem = ended?.problems[0];
	if (problem) {
		return problem;
	}

	const down = status?.places.find(place => place.state === 'down' || place.state === 'gone' || place.state === 'failed');
	return down && `${down.name} ${down.state}: ${down.detail}`;
};

const limitWords: Readonly<Record<LimitName, string>> = {
	senders: 'frames of too many senders', adverts: 'adverts of too many senders', segments: 'frames of too many VLANs', addresses: 'too many VIPs in adverts', routers: 'adverts of too many VRIDs',
	streams: 'messages unwatched for loss', joins: 'hasty joins', takeovers: 'hasty changes of the master', events: 'like events left out',
};

/** What found no room: the table is full, or somebody makes things up. Nothing while there is room for all. */
const crowdOf = ({totals, status}: Sample): string[] => {
	const {evicted, evictedUnknown, refused} = totals;
	const roomless = (refused.get('path-limit') ?? 0) + (refused.get('pe-limit') ?? 0);
	return [
		...(evicted > 0 ? [`evicted ${grouped(evicted)} sessions${evictedUnknown > 0 ? `, ${evictedUnknown === evicted ? 'all' : grouped(evictedUnknown)} of unknown senders` : ''}`] : []),
		...(roomless > 0 ? [`no room for ${grouped(roomless)} records`] : []),
		...(status?.limits ?? []).map(({name, count}) => `${grouped(count)} ${limitWords[name]}`),
	];
};

/** Two lines: what happened, or would; and the figures. Further ones when a source is in trouble or something was full. */
export const verdictLines = ({sample, columns, localTime}: Frame): Line[] => {
	const pair = mainPair(sample);
	const words = wordsOf(sample, localTime);
	const split = pair && lastSplit(pair, sample.nowUs);
	const takeover = pair && lastTakeover(pair, sample.nowUs);
	const verdict = (): Line[] => {
		if (split) {
			const {line: text, resets} = splitBrainVerdict(split, sample.nowUs, words, columns);
			return [deskLine(text, split.endUs === 0 ? 'alarm' : (resets > 0 ? 'warning' : 'good'), columns), totalsLine(sample, columns)];
		}

		if (takeover) {
			const {line: text, level} = verdictOf(takeover, sample.nowUs, words, columns);
			return [deskLine(text, level, columns), accountLine(takeover, level === 'bad', columns)];
		}

		return [...(pair && pair.master >= 0 ? [forecastLine(pair, sample, columns, localTime)] : []), totalsLine(sample, columns)];
	};

	const trouble = troubleOf(sample);
	const crowd = crowdOf(sample);
	const {evicted, evictedUnknown} = sample.totals;
	return [
		...(trouble === undefined ? [] : [line(fit(`! ${onScreen(trouble)}`, columns), 'alarm')]),
		...verdict(),
		...(crowd.length === 0 ? [] : [line(fit(`! FULL: ${crowd.join('; ')}`, columns), evicted > evictedUnknown ? 'alarm' : 'warning')]),
	];
};

/** How many rows the header takes, with room for so many lines of directors. */
export const headerRows = (sample: Sample, room: number): number => {
	const pair = mainPair(sample);
	const {shown, rest} = shownDirectors(sample, room);
	const hasStory = pair !== undefined && (pair.master >= 0 || lastSplit(pair, sample.nowUs) !== undefined || lastTakeover(pair, sample.nowUs) !== undefined);
	return 1 + shown.length + Number(rest > 0 && shown.length < room) + Number(hasStory) + 1 + Number(troubleOf(sample) !== undefined) + Number(crowdOf(sample).length > 0);
};

/** The first lines of every view: who, what happened, did it work. */
export function Header({frame}: {readonly frame: Frame}) {
	return <Lines lines={[titleLine(frame), ...directorLines(frame, frame.layout.directors), ...verdictLines(frame)]}/>;
}
