import {type Accounting, type Coverage, type Pair, type SplitBrain, type Takeover} from '../../desk/facts/failover.js';
import {type Status} from '../../engine/status.js';
import {eventKinds, kindOf} from '../../events/catalogue.js';
import {type LoggedEvent} from '../../events/told.js';
import {directorLetter} from '../../sample/screen-names.js';
import {lastSplit} from '../../sample/standing.js';
import {type Naming} from '../../text/alias-names.js';
import {clientText, protocolText, realText, stateText, virtualText} from '../../text/connection-text.js';
import {ago, grouped, percent, preciseTime, remaining, rfc3339} from '../../text/format.js';
import {roleOf} from '../../verdict/director-role.js';
import {forecastVerdict, splitBrainVerdict, verdictOf, type Words} from '../../verdict/verdict.js';
import {secondUs} from '../../wire/second.js';
import {levels, rates} from './curves.js';
import {type Block, type ChartMark, type Line} from './document.js';
import {type Gathering} from './gathering.js';
import {type UnknownSessions} from './unknown-sessions.js';

/** All that a report is made of. */
type Findings = {
	readonly status: Status;
	/** Where what is told begins and ends, on the timeline. */
	readonly fromUs: number;
	readonly toUs: number;
	readonly gathering: Gathering;
	/** By the takeover's number, for those that could be looked into. */
	readonly unknown: ReadonlyMap<number, UnknownSessions>;
	/** What was asked for of the sessions, '' for all. */
	readonly filter: string;
	readonly naming: Naming;
	readonly version: string;
};

/** Addresses that have a line of their own. */
const mostLines = 6;
/** Parts of the curve of an account. */
const accountParts = 240;

const isWithin = ({fromUs, toUs}: Findings, timeUs: number): boolean => timeUs >= fromUs && timeUs <= toUs;

/** As of when a takeover is judged: another one of its pair ends its account. */
const asOf = ({pair, takeover}: PairTakeover, {toUs}: Findings): number => Math.min(toUs, pair.takeovers.find(({atUs}) => atUs > takeover.atUs)?.atUs ?? toUs);

const splitsOf = (findings: Findings): SplitBrain[] =>
	findings.status.failover.pairs.flatMap(({splitBrain}) => splitBrain && isWithin(findings, splitBrain.sinceUs) ? [splitBrain] : []);

export type PairTakeover = {readonly pair: Pair; readonly takeover: Takeover};

/** The takeovers of the span, oldest first. */
export const takeoversOf = ({pairs}: Status['failover'], fromUs: number, toUs: number): PairTakeover[] => pairs
	.flatMap(pair => pair.takeovers.map(takeover => ({pair, takeover})))
	.filter(({takeover: {atUs}}) => atUs >= fromUs && atUs <= toUs)
	.toSorted((one, other) => one.takeover.atUs - other.takeover.atUs);

const wallOf = ({status}: Findings, timeUs: number): number => timeUs + status.wallOffsetUs;
const clockOf = (findings: Findings, timeUs: number): string => `${preciseTime(wallOf(findings, timeUs), 3)}Z`;
const dayOf = (findings: Findings, timeUs: number): string => rfc3339(wallOf(findings, timeUs)).slice(0, 10);

const wordsOf = (findings: Findings): Words => ({name: index => directorLetter(findings.status, index), clock: timeUs => `${preciseTime(wallOf(findings, timeUs), 1)}Z`});

const nameOf = (index: number, {status, naming}: Findings): string => {
	const director = status.directors.find(one => one.index === index);
	return director ? `${directorLetter(status, index)} (${naming(director.address)})` : directorLetter(status, index);
};

const whoIn = ({status, naming}: Findings) => (address: string): string => {
	const director = status.directors.find(one => one.address === address);
	return director ? `${directorLetter(status, director.index)} (${naming(address)})` : naming(address);
};

/** The verdict in one line without the sign that makes it stand out on a screen. */
const headlineOf = (one: PairTakeover, findings: Findings): string => verdictOf(one.takeover, asOf(one, findings), wordsOf(findings), Infinity).line.replace(/^!/v, '');

/** What happened and what is to be expected, in words for somebody who has not seen the letters yet. */
const summaryOf = (one: PairTakeover, findings: Findings): string =>
	verdictOf(one.takeover, asOf(one, findings), {...wordsOf(findings), name: index => nameOf(index, findings)}).sentences.slice(0, 2).join(' ');

const titleOf = (takeovers: readonly PairTakeover[], findings: Findings): string => {
	const first = takeovers[0]?.takeover;
	if (!first) {
		return `IPVS sessions, ${dayOf(findings, findings.fromUs)} ${clockOf(findings, findings.fromUs)} to ${clockOf(findings, findings.toUs)}`;
	}

	const what = takeovers.length === 1 ? `Takeover ${directorLetter(findings.status, first.from)} > ${directorLetter(findings.status, first.to)}` : `${takeovers.length} takeovers`;
	return `${what}, ${dayOf(findings, first.atUs)} ${clockOf(findings, first.atUs)}`;
};

const opening = (takeovers: readonly PairTakeover[], findings: Findings): Block[] => {
	const {status, fromUs, toUs, filter, version} = findings;
	const splits = splitsOf(findings);
	return [
		{kind: 'title', text: titleOf(takeovers, findings)},
		{kind: 'paragraph', text: `From ${rfc3339(wallOf(findings, fromUs))} to ${rfc3339(wallOf(findings, toUs))} (${ago((toUs - fromUs) / secondUs)}), all times UTC. Heard in: ${status.description.replace(/^file /v, '')}.${filter === '' ? '' : ` Sessions: only those of the filter ${filter}.`} Made by ipvstop ${version} from what the directors announced to each other.`},
		...takeovers.map((one): Block => ({kind: 'verdict', level: verdictOf(one.takeover, asOf(one, findings), wordsOf(findings)).level, text: summaryOf(one, findings)})),
		...splits.map((split): Block => ({kind: 'verdict', level: 'bad', text: splitBrainVerdict(split, toUs, {...wordsOf(findings), name: index => nameOf(index, findings)}).sentences.join(' ')})),
		...(takeovers.length + splits.length === 0 ? [{kind: 'paragraph', text: 'No takeover and no split brain in this time.'} as const] : []),
	];
};

const happened = (findings: Findings): Block[] => {
	const {gathering: {events, leftOut}} = findings;
	const who = whoIn(findings);
	const sentence = ({event, fields}: LoggedEvent): string => kindOf(event)?.sentence(fields, who) ?? '';
	const left = [...leftOut].map(([name, count]) => `${count} ${name}`).join(', ');
	return [
		{kind: 'section', text: 'What happened'},
		...(events.length === 0
			? [{kind: 'paragraph', text: 'Nothing but sessions that came and went.'} as const]
			: [{
				kind: 'table', columns: [{title: 'Time'}, {title: 'Event'}, {title: 'What'}],
				rows: events.map(one => [clockOf(findings, one.timeUs), one.event, sentence(one)]),
			} as const]),
		...(left === '' ? [] : [{kind: 'paragraph', text: `Later events that are left out here: ${left}. ipvstop --events has all of them.`} as const]),
	];
};

const directorTable = (findings: Findings): Block[] => {
	const {status: {directors}, toUs, naming} = findings;
	const known = directors.filter(({address}) => address !== 'others');
	return known.length === 0
		? []
		: [
			{kind: 'section', text: 'The directors, at the end of this time'},
			{
				kind: 'table',
				columns: [{title: 'Name'}, {title: 'Address'}, {title: 'Role'}, {title: 'Known by'}, {title: 'Last sync'}, {title: 'Sync messages', isNumber: true}, {title: 'Lost', isNumber: true}, {title: 'Restarts', isNumber: true}],
				rows: known.map(director => {
					const {role, evidence} = roleOf(director, toUs);
					return [
						directorLetter(findings.status, director.index), naming(director.address), role, evidence, director.lastSyncUs === 0 ? 'never' : clockOf(findings, director.lastSyncUs),
						grouped(director.messages), grouped(director.lostMessages), grouped(director.restarts),
					];
				}),
			},
		];
};

const accountRow = (name: string, {held, known}: Coverage, account: Accounting): string[] =>
	[name, held, known, account.heard, account.closed, account.ranout, account.moved, account.waiting, account.overdue].map(cell => typeof cell === 'number' ? grouped(cell) : cell);

const knowledge = ({coverage, accounting, udp, udpAccounting, services}: Takeover, naming: Naming): Block => ({
	kind: 'table',
	columns: [{title: 'Open at the takeover'}, ...['Held', 'Known', 'Heard', 'Closed', 'Ran out', 'Moved', 'Waiting', 'Overdue'].map(title => ({title, isNumber: true}))],
	rows: [
		accountRow('all TCP and SCTP', coverage, accounting),
		...(udp.held > 0 ? [accountRow('all UDP flows', udp, udpAccounting)] : []),
		...services.map(service => accountRow(naming(service.name), service.coverage, service.accounting)),
	],
});

/** What became of the sessions held, as it was counted at certain ages of the takeover. */
const accountLines = ({curve}: Takeover, fromUs: number, toUs: number): Line[] => (['heard', 'closed', 'ranout', 'overdue'] as const)
	.map(name => ({
		name: {heard: 'heard again from the new master', closed: 'closed', ranout: 'ran out', overdue: 'overdue'}[name],
		values: Array.from({length: accountParts}, (_, part) => curve.findLast(({timeUs}) => timeUs <= fromUs + ((part + 1) / accountParts * (toUs - fromUs)))?.[name] ?? 0),
	}))
	.filter(({values}, index) => index === 0 || values.some(value => value > 0));

const sessionTable = (rows: UnknownSessions['rows'], atUs: number, {status, naming}: Findings): Block => ({
	kind: 'table',
	columns: [{title: 'Proto'}, {title: 'Client'}, {title: 'Virtual service'}, {title: 'Real server'}, {title: 'State'}, {title: 'By'}, {title: 'Heard', isNumber: true}, {title: 'Left', isNumber: true}],
	rows: rows.map(row => [
		protocolText(row), naming(clientText(row)), naming(virtualText(row)), naming(realText(row)), stateText(row), directorLetter(status, row.director),
		ago((atUs - row.lastUs) / secondUs), remaining((row.expiresUs - atUs) / secondUs),
	]),
});

const lostSessions = (one: PairTakeover, findings: Findings): Block[] => {
	const {takeover} = one;
	const {unknown} = findings;
	const name = directorLetter(findings.status, takeover.to);
	const found = unknown.get(takeover.id);
	const {coverage: {held, known, stale}} = takeover;
	const {sureness, resets, otherwise} = verdictOf(takeover, asOf(one, findings), wordsOf(findings)).expected;
	const missing = held - known;
	const doubt = {
		sure: '',
		either: ` That hangs on what its kernel kept: else ${grouped(otherwise)} ${otherwise === 1 ? 'is' : 'are'} to be expected.`,
		unknown: ` What else it holds cannot be told: between ${grouped(Math.min(resets, otherwise))} and ${grouped(Math.max(resets, otherwise))} resets.`,
	}[sureness];
	const reach: Block = {
		kind: 'paragraph',
		text: missing <= 0
			? `${name} knew all ${grouped(held)} open TCP and SCTP sessions that were held: none is expected to be lost.${doubt}`
			: `By what was heard, ${name} did not know ${grouped(missing)} of ${grouped(held)} open TCP and SCTP sessions (${percent(missing, held)})${stale > 0 ? `, of which ${grouped(stale)} were most likely gone before` : ''}. Each that it does not know is reset at its next packet.${doubt}`,
	};
	if (missing <= 0) {
		return [reach];
	}

	return [reach, {kind: 'paragraph', text: found ? 'They are listed at the end.' : 'Which ones cannot be listed: what was read cannot be read once more up to that moment.'}];
};

/** The sessions themselves, after all that is to be read. */
const lostList = ({takeover}: PairTakeover, findings: Findings): Block[] => {
	const found = findings.unknown.get(takeover.id);
	if (!found) {
		return [];
	}

	const more = found.count - found.rows.length;
	const name = directorLetter(findings.status, takeover.to);
	return [
		{kind: 'section', text: `Sessions that ${name} did not know when it took over at ${clockOf(findings, takeover.atUs)}`},
		{kind: 'paragraph', text: `At ${clockOf(findings, found.atUs)}, ${ago((found.atUs - takeover.atUs) / secondUs)} after the takeover, ${grouped(found.count)} of them were still open by the last word of ${directorLetter(findings.status, takeover.from)} or one before, and not heard again${found.count === 0 ? '.' : ', by what was left to them. By: who announced them last; Heard: how long before.'}`},
		...(found.count === 0 ? [] : [sessionTable(found.rows, found.atUs, findings)]),
		...(more > 0 ? [{kind: 'paragraph', text: `And ${grouped(more)} more. ipvstop --list with --at ${rfc3339(wallOf(findings, found.atUs))} has all sessions.`} as const] : []),
	];
};

const takeoverPart = (one: PairTakeover, findings: Findings): Block[] => {
	const {takeover} = one;
	const {toUs, naming} = findings;
	const {sentences} = verdictOf(takeover, asOf(one, findings), wordsOf(findings));
	const endUs = Math.min(toUs, takeover.curve.at(-1)?.timeUs ?? takeover.atUs);
	return [
		{kind: 'section', text: `Takeover ${directorLetter(findings.status, takeover.from)} > ${directorLetter(findings.status, takeover.to)} at ${clockOf(findings, takeover.atUs)}`},
		{kind: 'list', items: sentences},
		{kind: 'evidence', text: [...takeover.evidence, takeover.ownEvidence].filter(Boolean).join('; ') || 'none'},
		{kind: 'part', text: `Who knew what: the sessions that were open then, and what became of them by ${clockOf(findings, endUs)}`},
		knowledge(takeover, naming),
		...(endUs - takeover.atUs >= secondUs && takeover.coverage.held > 0
			? [{
				kind: 'chart', chart: {
					title: 'What became of them', unit: `of ${grouped(takeover.coverage.held)} open TCP and SCTP sessions`,
					fromUs: wallOf(findings, takeover.atUs), toUs: wallOf(findings, endUs), lines: accountLines(takeover, takeover.atUs, endUs), marks: [],
				},
			} as const]
			: []),
		{kind: 'part', text: 'Sessions lost'},
		...lostSessions(one, findings),
	];
};

/** The letters of the time line stand in the curves, too. */
const marksOf = (findings: Findings): ChartMark[] => findings.gathering.events.flatMap(({timeUs, event, fields}) => {
	const kind = kindOf(event);
	return kind?.mark?.tone === 'alarm' ? [{timeUs: wallOf(findings, timeUs), letter: kind.mark.letter, text: `${event}: ${kind.sentence(fields, whoIn(findings))}`}] : [];
});

const curves = (findings: Findings): Block[] => {
	const {gathering: {open, fresh, counts}, toUs, naming} = findings;
	const marks = marksOf(findings);
	const named = (lines: readonly Line[]): Line[] => lines.map(({name, values}) => ({name: naming(name), values}));
	const openLines = named(levels(open, toUs, mostLines));
	const freshLines = named(rates(fresh, toUs, mostLines));
	const chart = (title: string, unit: string, lines: readonly Line[], {startUs, widthUs}: typeof open): Block[] => lines.length === 0
		? []
		: [{
			kind: 'chart', chart: {title, unit, fromUs: wallOf(findings, startUs), toUs: wallOf(findings, startUs + (lines[0]!.values.length * widthUs)), lines, marks},
		}];
	const letters = eventKinds.filter(({mark, name}) => mark?.tone === 'alarm' && findings.gathering.events.some(({event}) => event === name)).map(({name, mark}) => `${mark!.letter} ${name}`);
	return [
		{kind: 'section', text: 'Sessions over time, by virtual address'},
		{kind: 'paragraph', text: `${grouped(counts.new)} sessions were announced for the first time, ${grouped(counts.expired)} expired, ${grouped(counts.ranout)} ran out while open, ${grouped(counts.moved)} moved to another real server${counts.evicted > 0 ? `, ${grouped(counts.evicted)} were evicted from a full table` : ''}.${letters.length > 0 ? ` In the curves: ${letters.join(', ')}.` : ''}`},
		...chart('Sessions open', 'TCP and SCTP in ESTABLISHED, as announced', openLines, open),
		...chart('New sessions', 'announced for the first time, per second', freshLines, fresh),
	];
};

const outlook = (findings: Findings): Block[] => {
	const {status: {failover}, toUs} = findings;
	const sentences = failover.pairs.flatMap(pair => lastSplit(pair, toUs)?.endUs === 0 ? [] : pair.forecasts.flatMap(forecast => forecastVerdict(pair, forecast, wordsOf(findings))?.sentences ?? []));
	const warnings = failover.pairs.flatMap(pair => pair.warnings.map(({text}) => text));
	return sentences.length + warnings.length === 0
		? []
		: [
			{kind: 'section', text: 'At the end of this time'},
			{kind: 'list', items: [...sentences, ...warnings]},
		];
};

/** What nothing that was heard can tell, so that nobody takes the rest for more than it is. */
const unknowns = (takeovers: readonly PairTakeover[], findings: Findings): Block[] => {
	const {status: {tally, places, directors, sinceUs, limits}, gathering, unknown, toUs} = findings;
	const lost = directors.reduce((total, {lostMessages}) => total + lostMessages, 0);
	const drops = places.reduce((total, place) => total + place.drops, 0);
	const unlisted = takeovers.filter(({takeover: {id, coverage}}) => coverage.held > coverage.known && !unknown.has(id)).length;
	return [
		{kind: 'section', text: 'What cannot be known from this'},
		{kind: 'list', items: [
			'Connections that were never announced: half-open ones, and those with fewer packets than the sync threshold of their director.',
			'Whether a backup received what was sent to it: "known" is an upper bound, since loss at the receiver cannot be heard.',
			'When a session ended: resets by servers and deletions are not announced, so an entry stays until its time is up.',
			`Sessions that were announced last before ${clockOf(findings, sinceUs)}, when listening began, and not since.`,
			...(tally.adverts === 0 ? ['Who was master by VRRP: no adverts were heard, so takeovers are known by who sends sync alone, and their cause is not.'] : []),
			...(tally.claims === 0 ? ['Who answered for the virtual addresses: no ARP or neighbour advertisement was heard.'] : []),
			...(tally.reports === 0 ? ['Who listened to sync, and since when: no IGMP or MLD report was heard.'] : []),
			...(lost > 0 ? [`${grouped(lost)} sync messages never came here; each may have announced up to 40 sessions.`] : []),
			...(drops > 0 ? [`${grouped(drops)} packets were dropped before they were read.`] : []),
			...(gathering.refused > 0 ? [`${grouped(gathering.refused)} records that a backup would refuse: what they announced is not in the table.`] : []),
			...(gathering.lost > 0 ? [`${grouped(gathering.lost)} changes came too fast to be counted here: the curves miss them.`] : []),
			...(limits.length > 0 ? [`What found no room: ${limits.map(({name, count}) => `${name} ${grouped(count)}`).join(', ')}.`] : []),
			...(unlisted > 0 ? [`Which sessions ${unlisted === 1 ? 'one takeover' : `${unlisted} takeovers`} lost, one by one.`] : []),
			`What became of the sessions after ${clockOf(findings, toUs)}.`,
		]},
	];
};

/** An incident as a document, for the post-mortem and the ticket. */
export const reportOf = (findings: Findings): {readonly blocks: readonly Block[]; /** For the line that says what was written. */ readonly headline: string} => {
	const {status, fromUs, toUs} = findings;
	const takeovers = takeoversOf(status.failover, fromUs, toUs);
	return {
		blocks: [
			...opening(takeovers, findings), ...curves(findings), ...happened(findings), ...directorTable(findings), ...takeovers.flatMap(one => takeoverPart(one, findings)),
			...outlook(findings), ...unknowns(takeovers, findings), ...takeovers.flatMap(one => lostList(one, findings)),
		],
		headline: [...takeovers.map(one => headlineOf(one, findings)), ...splitsOf(findings).map(split => splitBrainVerdict(split, toUs, wordsOf(findings), Infinity).line.replace(/^!/v, ''))].join('; ') || 'no takeover and no split brain',
	};
};
