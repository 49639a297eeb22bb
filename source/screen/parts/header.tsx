import {quietUs, roleOf} from '../../verdict/director-role.js';
import {aheadHeadline, isYoungAt, noneHeadline, splitHeadlines, takeoverHeadline, type Headline, type HeadlineWords} from '../../verdict/headline.js';
import {type Director} from '../../desk/facts/director.js';
import {type Pair, type Takeover} from '../../desk/facts/failover.js';
import {type LimitName} from '../../desk/facts/limits.js';
import {expectationAfter} from '../../desk/facts/expectation.js';
import {isUdpService} from '../../desk/facts/pair-services.js';
import {type Sample} from '../../sample/sample.js';
import {directorName} from '../../sample/screen-names.js';
import {faultNames} from '../../wire/fault.js';
import {forecastOf, lastSplit, lastTakeover, mainPair, pairsByUrgency} from '../../sample/standing.js';
import {ago, clockTime, grouped, onScreen, rate, short} from '../../text/format.js';
import {fit, fitting, line, type Line, type Phrase, phrased, spread, type Tone, withTones} from '../../text/line.js';
import {modeWord, sight, siteOf, speedText, stateWords, sourceText} from '../../sample/source-words.js';
import {type Frame} from '../frame.js';
import {Lines} from '../theme.js';
import {secondUs} from '../../wire/second.js';

/** A frame each second is what nobody needs to be told of. */
const usualIntervalSeconds = 1;

/** What is listened to, for how long, how completely, and what time it is. */
export const titleLine = ({sample, columns, localTime, intervalSeconds, ui}: Frame, isSilent = false): Line => {
	const {status, nowUs} = sample;
	const age = status && status.sinceUs > 0 ? ago((nowUs - status.sinceUs) / secondUs) : undefined;
	const [listening, forShort] = status?.past ? ['', ''] : (age === undefined ? ['starting', 'starting'] : ['listening', 'heard'].map(word => `${word} ${age}`));
	const drops = status?.places.reduce((sum, place) => sum + place.drops, 0) ?? 0;
	const words = [stateWords(sample), ui.filter !== '' && !isSilent ? 'FILTERED' : ''].filter(Boolean).join(' ');
	const time = clockTime(nowUs + (status?.wallOffsetUs ?? 0), localTime);
	const isRunning = sample.ended === undefined && !sample.isPaused;
	// What moves each second stands last: only that is written anew.
	const drop = `${columns >= 100 ? 'capture ' : ''}drops ${drops}  `;
	const moment = `${time}${isRunning && intervalSeconds !== usualIntervalSeconds ? ` ${intervalSeconds}s` : ''}`;
	// How far a log goes back says what it can tell of.
	const reach = status?.past && age !== undefined ? ` since ${age}` : '';
	const mode = `${modeWord(sample)}${speedText(sample)}`;
	const left = `ipvstop ${mode}${words === '' ? '' : ` ${words}`}${reach} ${onScreen(sourceText(sample))}`;
	const whole = `${left}  ${sight(sample)}`;
	const [shown, since] = [[whole, listening], [whole, forShort], [left, listening]].find(([one, two]) => one!.length + two!.length + drop.length + moment.length + 2 < columns) ?? [left, forShort];
	const text = spread(shown!, `${drop}${since === '' ? '' : `${since!}  `}${moment}`, columns);
	return withTones(text, 'title', [...(modeWord(sample) === 'LIVE' ? [] : [[mode, 'word'] as const]), ...words.split(' ').map(word => [word, 'word'] as const), ...(drops > 0 ? [[`drops ${drops}`, 'alarm'] as const] : [])]);
};

/** How an address is claimed: by a neighbour advertisement (ND, RFC 4861) where all are IPv6, else by gratuitous ARP. */
const claimWord = ({vips}: Pair): string => vips.length > 0 && vips.every(({family}) => family === 6) ? 'ND' : 'ARP';

/** The role, in the words of what is so now. */
const roleWords = (director: Director, pair: Pair | undefined, nowUs: number): {readonly role: string; readonly evidence: string; readonly tone: Tone} => {
	const {role, evidence} = roleOf(director, nowUs);
	const isServing = pair?.master === director.index;
	if ((role === 'SENDING' || role === 'QUIET') && pair && pair.master >= 0 && !isServing && !pair.activeActive) {
		// Sending is what goes on: another has taken it over.
		return {role: 'SILENT', evidence: director.lastSyncUs > 0 ? `stopped sending ${ago((nowUs - director.lastSyncUs) / secondUs)} ago` : 'stopped sending', tone: 'warning'};
	}

	if (isServing && (role === 'GONE' || role === 'QUIET' || role === 'SENDING')) {
		const isClaimed = pair.claimant === director.index && pair.claimUs > 0;
		return isClaimed || director.lastAdvertUs > 0
			? {role: 'MASTER', evidence: `by ${isClaimed ? `${claimWord(pair)} and ` : ''}sync, no adverts`, tone: 'good'}
			: {role: 'SENDING', evidence: 'by its sync, no adverts', tone: 'good'};
	}

	if (role === 'GONE' && director.priority === 0) {
		return {role: 'RESIGNED', evidence: evidence.replace('resigned, ', ''), tone: 'plain'};
	}

	if (role === 'GONE' && director.lastSyncUs > director.lastAdvertUs + secondUs && nowUs - director.lastSyncUs < 30 * secondUs) {
		return {role: 'VRRP GONE', evidence, tone: 'alarm'};
	}

	if (pair?.splitBrain?.endUs === 0 && pair.splitBrain.directors.includes(director.index)) {
		return {role, evidence, tone: 'alarm'};
	}

	return {role, evidence, tone: role === 'MASTER' ? 'good' : (role === 'GONE' ? 'alarm' : 'plain')};
};

/** One director: its name, its role with the evidence, when it was heard. */
const directorLine = (director: Director, pair: Pair | undefined, {sample, columns, named}: Frame): Line => {
	const {nowUs, recordRates} = sample;
	const {role, evidence, tone} = roleWords(director, pair, nowUs);
	const isRival = pair?.splitBrain?.endUs === 0 && pair.splitBrain.directors.includes(director.index);
	const ofOthers = (sample.status?.directors ?? []).some(one => one.vrid !== director.vrid && pair?.directors.includes(one.index) && roleOf(one, nowUs).role === 'MASTER');
	// Masters of different virtual routers share the load: each is said with its own.
	const isShared = role === 'MASTER' && director.vrid > 0 && director.lastAdvertUs > 0 && ofOthers;
	const isMaster = pair ? isRival || isShared || pair.master === director.index : role === 'MASTER';
	const age = (timeUs: number) => `${ago((nowUs - timeUs) / secondUs)} ago`;
	const records = director.lastSyncUs > 0 && nowUs - director.lastSyncUs < 30 * secondUs ? recordRates.get(director.index) : undefined;
	const [lost, lostShort] = director.lostMessages > 0 ? [`sync msgs lost ${grouped(director.lostMessages)}`, `lost ${grouped(director.lostMessages)}`] : ['', ''];
	// A master with sessions announces them sooner or later; whoever listens sends nothing, and that is no news.
	const isOverdue = isMaster && director.lastSyncUs > 0 && nowUs - director.lastSyncUs > quietUs && (pair?.open ?? 0) > 0;
	const sync = role === 'SILENT' ? '' : (director.lastSyncUs > 0 ? (isOverdue ? `no sync for ${ago((nowUs - director.lastSyncUs) / secondUs)}` : `sync ${age(director.lastSyncUs)}`) : (director.listeningSinceUs > 0 ? '' : 'no sync'));
	const claimed = pair?.claimant === director.index && pair.claimUs > 0 ? claimWord(pair) : '';
	const [claim, claimShort] = pair && claimed !== '' ? [`VIP by ${claimed} ${age(pair.claimUs)}`, `${claimed} ${age(pair.claimUs)}`] : ['', ''];
	const pace = records === undefined ? '' : `${rate(records)} rec/s`;
	const hasAdverts = role === 'MASTER' && evidence.includes('advert ');
	const brief = hasAdverts ? `${isShared ? 'VRID' : 'prio'} ${isShared ? director.vrid : director.priority}  advert ${age(director.lastAdvertUs)}` : evidence;
	const least = hasAdverts ? `${isShared ? `VRID ${director.vrid}  ` : ''}advert ${age(director.lastAdvertUs)}` : evidence.replace(', no adverts', '');
	const name = directorName(sample.status, director.index, named);
	const site = siteOf(sample.status, director.segment);
	const who = `${isMaster ? '*' : ' '}${site === '' ? '' : `${site} `}${name} ${director.address.padEnd(columns < 72 ? 0 : 10)}`;
	const join = (...parts: readonly string[]): string => `${who} ${[role, ...parts].filter(Boolean).join('  ')}`;
	const text = fitting([
		join(evidence, claim, sync, pace, lost), join(brief, claim, sync, pace, lost), join(brief, claim, sync, lost || pace), join(brief, claimShort, sync, lost || pace),
		join(brief, claimShort, sync, lost), join(brief, claimShort, sync, lostShort), join(least, claimShort, sync, lostShort), join(least, sync, lostShort), join(least, lostShort), join(sync, lostShort),
	], columns);
	return withTones(text, 'plain', [[role, tone], ...(isOverdue ? [[sync, 'warning'] as const] : []), ...(lost ? [[lost, 'alarm'] as const, [lostShort, 'alarm'] as const] : [])]);
};

/** Directors that have a line, the master first, where there is room for so many lines; and how many have none. */
const shownDirectors = (sample: Sample, room: number): {readonly shown: readonly Director[]; readonly rest: number} => {
	const pair = mainPair(sample);
	const all = sample.status?.directors ?? [];
	// Who listens here may belong to another pair of the same group, and stands there.
	const ofOthers = new Set(pairsByUrgency(sample).filter(one => one !== pair).flatMap(({directors}) => directors));
	const isOwn = (index: number): boolean => !ofOthers.has(index) || index === pair?.master || (pair?.takeovers ?? []).some(({from, to}) => from === index || to === index);
	const inPair = new Set(pair ? [...pair.directors, ...pair.forecasts.map(({director}) => director)].filter(index => isOwn(index)) : all.map(({index}) => index));
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
		...(rest > 0 && shown.length < room ? [line(fit(`  and ${rest} more heard: key 4`, columns), 'dim')] : []),
	];
};

/** Where it leaves no room, a line is worth more than the number of the view that says more. */
const headline = ({text, tones}: Pick<Headline, 'text' | 'tones'>, columns: number, more: string): Line =>
	withTones(more === '' || text.length + more.length + 1 > columns ? fit(text, columns) : spread(text, more, columns), 'plain', tones);

/** What became of the sessions that were open at the takeover; waiting is normal, unless resets are expected of those that wait, or nobody can tell. */
const accountLine = (takeover: Takeover, columns: number): Line => {
	const {accounting, coverage} = takeover;
	const {level, resets, sureness} = expectationAfter(takeover);
	const {heard, closed, ranout, moved, waiting, overdue} = accounting;
	const lost = Math.min(waiting + overdue, resets);
	const isNormal = level === 'good' || (sureness === 'either' && resets === 0);
	const remark = isNormal ? (waiting > 0 ? ' (normal)' : '') : (level === 'unknown' || lost === 0 ? '' : ` (${short(lost)}${takeover.blindBeforeUs > 0 ? '+' : ''}${columns < 72 ? '' : ' of them'} lost)`);
	const few = (name: string, count: number): string => count === 0 ? '' : `${name} ${short(count)}`;
	// What is none goes before what is some: the figures that are left sum to what was open.
	const tail = [few('ran out', ranout), few('moved', moved), few('overdue', overdue), `waiting ${short(waiting)}${remark}`].filter(Boolean).join('  ');
	const then = `of ${short(coverage.held)} open TCP then`;
	const text = fitting([
		`${then}: heard again ${short(heard)}  closed since ${short(closed)}  ${tail}`, ...(closed === 0 ? [`${then}: heard again ${short(heard)}  ${tail}`] : []),
		`${then}: heard ${short(heard)}  closed ${short(closed)}  ${tail}`, `of ${short(coverage.held)} then: heard ${short(heard)}  ${few('closed', closed)}  ${tail}`.replaceAll(/ {3,}/gv, '  '),
	], columns);
	return withTones(text, 'plain', overdue > 0 ? [[`overdue ${short(overdue)}`, 'warning']] : []);
};

/** What was refused so far, by name, most frequent first: packets by the decoder, messages and records by the table. */
export const refusals = ({status, totals}: Sample): Array<{name: string; count: number}> => faultNames
	.map((name, code) => ({name, count: (status?.tally.faults[code] ?? 0) + (totals.refused.get(name) ?? 0)}))
	.filter(({count}) => count > 0)
	.toSorted((one, other) => other.count - one.count);

/** So much is not heard yet that no figure is one of the whole. */
const isYoung = ({status, nowUs}: Pick<Sample, 'status' | 'nowUs'>): boolean => isYoungAt(status?.sinceUs ?? 0, nowUs);

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
		{text: `${isYoung(sample) ? 'heard so far: ' : ''}open TCP ${grouped(open)}`}, {text: udp > 0 ? `UDP ${grouped(udp)}` : ''}, spareable('closing', closing, 2), spareable('templates', totals.templates, 3),
		{text: `new ${rate(totals.newRates.tenSeconds)}/s`}, {text: `ended ${rate(totals.endRates.tenSeconds)}/s`, spare: 1}, spareable('ran out', totals.ranout, 0), {text: refused > 0 ? `refused ${grouped(refused)}` : ''},
	], columns));
};

/** A source that is in trouble is told beside what happened. */
const troubleOf = ({status, ended}: Sample): string | undefined => {
	// What cannot be read of a log is known before that ends; where the folder lies is no news.
	const problem = ended?.problems[0] ?? status?.past?.problems.at(-1)?.replace(/^\/.*\/(?=[^\/]+\/: )/v, '');
	if (problem) {
		return problem;
	}

	const [down, ...others] = status?.places.filter(place => place.state === 'down' || place.state === 'gone' || place.state === 'failed') ?? [];
	return down && `${down.name} ${down.state}: ${down.detail}${others.length > 0 ? `; also ${others.map(({name}) => name).join(', ')}` : ''}`;
};

/** That, as a line; none where all is well. */
export const troubleLines = (sample: Sample, columns: number): readonly Line[] => {
	const trouble = troubleOf(sample);
	return trouble === undefined ? [] : [line(fit(`TROUBLE ${onScreen(trouble)}`, columns), 'alarm')];
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

/** Directors that advertise the virtual router of the master beside it, though no split brain is certain yet. */
const rivalsOf = ({directors, master}: Pair, {status, nowUs}: Sample): number[] => {
	const all = status?.directors ?? [];
	const vrid = all.find(({index}) => index === master)?.vrid;
	return all.filter(director => director.index !== master && directors.includes(director.index) && director.vrid === vrid && roleOf(director, nowUs).role === 'MASTER').map(({index}) => index);
};

const headlineWords = ({sample: {status, nowUs}, localTime, named}: Frame): HeadlineWords => ({
	name: index => directorName(status, index, named),
	clock: timeUs => clockTime(timeUs + (status?.wallOffsetUs ?? 0), localTime),
	nowUs,
});

/** The two questions of a pair: did the last takeover work; what if the master died, or came back, now. */
const answersOf = (pair: Pair, frame: Frame, columns: number): readonly [last: Headline, ahead: Headline] => {
	const {sample} = frame;
	const words = headlineWords(frame);
	const split = lastSplit(pair, sample.nowUs);
	const takeover = lastTakeover(pair, sample.nowUs);
	const {status} = sample;
	const rivals = rivalsOf(pair, sample);
	const master = status?.directors.find(({index}) => index === pair.master);
	const ahead = (): Headline => rivals.length > 0
		? {text: fit(`TWO MASTERS? ${[...rivals, pair.master].map(index => words.name(index)).join(' and ')} advertise: no forecast`, columns), tones: [['TWO MASTERS?', 'unsure']], level: 'unknown'}
		: aheadHeadline({
			pair, forecast: forecastOf(pair), takeover,
			lost: pair.warnings.some(({kind, director}) => kind === 'wire-loss' && director === pair.master) ? master?.lostMessages ?? 0 : 0,
			sinceUs: status?.sinceUs ?? 0,
			seesJoins: pair.warnings.some(({kind}) => kind === 'no-listener'),
		}, words, columns);
	if (split) {
		const [what, stakes] = splitHeadlines(pair, split, words, columns);
		return [what, split.endUs === 0 ? stakes : ahead()];
	}

	return [takeover ? takeoverHeadline(takeover, words, columns, pair.vips.some(({address}) => !takeover.vips.includes(address))) : noneHeadline(status?.sinceUs ?? 0, pair.takeovers.at(-1), words, columns), ahead()];
};

/** Pairs other than the one that the first lines are about, on a screen of so many rows. */
const otherPairs = (sample: Sample, rows: number): {readonly shown: readonly Pair[]; readonly rest: number} => {
	const main = mainPair(sample);
	const others = pairsByUrgency(sample).filter(pair => pair !== main && (pair.master >= 0 || pair.takeovers.length > 0));
	const room = rows < 20 ? 1 : (rows < 30 ? 2 : 4);
	const shown = others.slice(0, others.length > room ? Math.max(1, room - 1) : room);
	return {shown, rest: others.length - shown.length};
};

/** One line for a pair: its takeover while that is of interest, else what lies ahead. */
const pairLine = (pair: Pair, frame: Frame): Line => {
	const {columns, sample} = frame;
	const name = `${[siteOf(sample.status, pair.segment), 'pair', ...pair.directors.map(index => directorName(sample.status, index, frame.named))].filter(Boolean).join(' ')}: `;
	const [last, ahead] = answersOf(pair, frame, columns - name.length);
	const {text, tones} = lastTakeover(pair, sample.nowUs) ?? lastSplit(pair, sample.nowUs) ? last : ahead;
	return withTones(fit(`${name}${text}`, columns), 'plain', tones);
};

/** What stands below the directors: both questions, the figures behind them, further pairs, and what is in trouble. */
const verdictLines = (frame: Frame): Line[] => {
	const {sample, columns, rows} = frame;
	const pair = mainPair(sample);
	const takeover = pair && !lastSplit(pair, sample.nowUs) ? lastTakeover(pair, sample.nowUs) : undefined;
	const answers = pair && answersOf(pair, frame, columns);
	const {shown, rest} = otherPairs(sample, rows);
	const crowd = crowdOf(sample);
	const {evicted, evictedUnknown} = sample.totals;
	return [
		...troubleLines(sample, columns),
		...(answers ? answers.filter(({text}) => text !== '').map((one, index) => headline(one, columns, index === 0 && frame.view.name !== 'failover' ? 'key 4' : '')) : []),
		takeover && takeover.coverage.held > 0 ? accountLine(takeover, columns) : totalsLine(sample, columns),
		...shown.map(one => pairLine(one, frame)),
		...(rest > 0 ? [line(fit(`and ${rest} more pairs: key 4`, columns), 'dim')] : []),
		...(crowd.length === 0 ? [] : [line(fit(`FULL: ${crowd.join('; ')}`, columns), evicted > evictedUnknown ? 'alarm' : 'warning')]),
	];
};

/** How many rows the header takes, with room for so many lines of directors. */
export const headerRows = (sample: Sample, room: number, rows: number): number => {
	const {shown, rest} = shownDirectors(sample, room);
	const others = otherPairs(sample, rows);
	return 1 + shown.length + Number(rest > 0 && shown.length < room) + (mainPair(sample) ? 2 : 0) + 1
		+ others.shown.length + Number(others.rest > 0) + troubleLines(sample, 0).length + Number(crowdOf(sample).length > 0);
};

/** The first lines of every view: who, what happened, did it work, what would happen now. */
export function Header({frame}: {readonly frame: Frame}) {
	return <Lines lines={[titleLine(frame), ...directorLines(frame, frame.layout.directors), ...verdictLines(frame)]}/>;
}
