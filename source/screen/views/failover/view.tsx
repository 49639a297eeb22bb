import {type Sample} from '../../../sample/sample.js';
import {type Accounting, type Coverage, type Pair, type Takeover} from '../../../desk/facts/failover.js';
import {directorName} from '../../../sample/screen-names.js';
import {forecastVerdict, splitBrainVerdict, verdictOf} from '../../../verdict/verdict.js';
import {unnamed} from '../../../text/alias-names.js';
import {lastTakeover, mainPair, wordsOf} from '../../../sample/standing.js';
import {ago, clockTime, onScreen, short} from '../../../text/format.js';
import {fit, line, type Line, phrased, wrapText} from '../../../text/line.js';
import {expectationAfter} from '../../../desk/facts/expectation.js';
import {characterOf, toneOfSign, type RowSign} from '../sessions/signs.js';
import {oncePerFrame, type Frame, type View} from '../../frame.js';
import {knowsWord} from '../../parts/vip-list.js';
import {Lines} from '../../theme.js';
import {firstWhole, textTable, type Column} from '../../../text/text-table.js';
import {secondUs} from '../../../wire/second.js';

type AccountRow = {readonly name: string; readonly isUdp: boolean; readonly isUnsure: boolean; readonly coverage: Coverage; readonly accounting: Accounting};

/** From this width on every figure has its column. */
const wholeTable = 76;

const accountColumns: ReadonlyArray<Column<AccountRow>> = [
	{id: 'what', title: 'AT TAKEOVER', help: 'sessions that were open then', align: 'left', shrink: 1, least: 20, text: ({name}) => name},
	...([
		['held', 'HELD', 'open at the takeover; the six to the right of KNOWN sum to it', ({coverage}) => coverage.held],
		['known', 'KNOWN', 'of those, known to the new master: sent to it while it listened, or announced by itself; ? cannot be told', ({coverage}) => coverage.known],
		['heard', 'HEARD', 'announced again by the new master, and open', ({accounting}) => accounting.heard],
		['closed', 'CLOSED', 'closed since', ({accounting}) => accounting.closed],
		['ranout', 'RANOUT', 'their timer ended while they were open: ordinary idling does that too', ({accounting}) => accounting.ranout],
		['moved', 'MOVED', 'to another real server', ({accounting}) => accounting.moved],
		['waiting', 'WAITING', 'not announced by the new master yet: normal, it announces an inherited session after up to 50 client packets', ({accounting}) => accounting.waiting],
		['overdue', 'OVERDUE', 'silent for longer than their own earlier rhythm explains', ({accounting}) => accounting.overdue],
	] as const satisfies ReadonlyArray<readonly [string, string, string, (row: AccountRow) => number]>).map(([id, title, help, value]): Column<AccountRow> => ({
		id, title, help, align: 'right', least: 5, text: row => id === 'known' && row.isUnsure && value(row) < row.coverage.held ? '?' : short(value(row)),
	})),
];

const signOfRow = ({coverage, isUdp, isUnsure}: AccountRow): RowSign => coverage.known >= coverage.held ? 'none' : (isUnsure ? 'unsure' : (isUdp ? 'anew' : 'reset'));

const rowsOf = (takeover: Takeover): readonly AccountRow[] => {
	const isUnsure = expectationAfter(takeover).sureness === 'unknown';
	return [
		{name: 'all open TCP', isUdp: false, isUnsure, coverage: takeover.coverage, accounting: takeover.accounting},
		...(takeover.udp.held === 0 ? [] : [{name: 'all UDP flows', isUdp: true, isUnsure, coverage: takeover.udp, accounting: takeover.udpAccounting}]),
		...takeover.services.map(({name, udp, coverage, accounting}) => ({name, isUdp: udp, isUnsure, coverage, accounting})),
	];
};

/** Rows of a narrow screen: what happened to none is left out, the figures still sum to what was held. */
const accountTable = (takeover: Takeover, {sample: {status}, columns, named}: Frame): Line[] => {
	const rows = rowsOf(takeover);
	const shown = accountColumns.filter(({id}) => columns >= wholeTable || !(id === 'closed' || id === 'ranout' || id === 'moved') || rows.some(({accounting}) => accounting[id] > 0));
	const knows = knowsWord(directorName(status, takeover.to, named));
	// A name is worth no cut address.
	const table = firstWhole([knows, undefined].map(word => () => textTable(shown, rows, columns - 2, {named, titleOf: ({id, title}) => id === 'known' ? word ?? title : title})));
	return [
		line(`  ${table.heading}`, 'heading'),
		...rows.map((row, index) => {
			const sign = signOfRow(row);
			return line(`${characterOf(sign)} ${table.rows[index]!}`, toneOfSign(sign));
		}),
	];
};

const namesOf = (indexes: readonly number[], {sample: {status}, named}: Frame): string => indexes.map(index => directorName(status, index, named)).join(' ');

/** Less of a name than this tells nothing. */
const leastName = 4;

/** Who they are, and where they are heard: whole words where there is no room for all. */
const pairTitle = (pair: Pair, master: string, frame: Frame): string => {
	const {columns, sample: {status}} = frame;
	const text = phrased([
		{text: `PAIR ${namesOf(pair.directors, frame)}: ${master}`}, {text: `VRID ${pair.vrids.join(' ') || '-'}`, spare: 1}, {text: `sync id ${pair.syncids.join(' ') || '-'}`, spare: 2},
		{text: pair.group === '' ? '' : `${pair.group}:${pair.port}`, spare: 3},
	], columns);
	const room = columns - text.length - ' on '.length;
	return room < leastName ? text : `${text} on ${fit(onScreen(status?.segments[pair.segment] ?? '?'), room)}`;
};

const pairLines = (pair: Pair, frame: Frame): Line[] => {
	const {sample, columns, localTime, named} = frame;
	const {nowUs, status} = sample;
	const words = wordsOf(sample, localTime, named);
	const split = pair.splitBrain;
	const master = split?.endUs === 0 ? 'two masters at once' : (pair.master >= 0 ? `${directorName(status, pair.master, named)} is master by ${pair.masterBy} for ${ago((nowUs - pair.masterSinceUs) / secondUs)}` : 'nobody is master');
	const takeover = lastTakeover(pair, nowUs);
	return [
		line(pairTitle(pair, master, frame), 'title'),
		...pair.warnings.flatMap(({text, level, sinceUs}) => wrapText(`${level === 'warning' ? '!' : ' '} ${onScreen(text)} (${ago((nowUs - sinceUs) / secondUs)})`, columns).map(part => line(part, level === 'warning' ? 'warning' : 'plain'))),
		...(split ? splitBrainVerdict(pair.claimUs > split.claimUs ? {...split, claimUs: pair.claimUs, claimant: pair.claimant} : split, nowUs, words).sentences.flatMap(text => wrapText(text, columns)).map(text => line(text, split.endUs === 0 ? 'alarm' : 'plain')) : []),
		...(takeover
			? [
				...verdictOf(takeover, nowUs, words).sentences.flatMap(text => wrapText(text, columns)).map((text, index) => line(text, index === 0 ? 'title' : 'plain')),
				...wrapText(`evidence: ${[...takeover.evidence, takeover.ownEvidence].filter(Boolean).join('; ')}`, columns).map(text => line(text, 'dim')),
				...accountTable(takeover, frame),
			]
			: []),
		...pair.forecasts.flatMap(forecast => forecastVerdict(pair, forecast, words)?.sentences ?? []).flatMap(text => wrapText(text, columns)).map(text => line(text)),
	];
};

/** Of the takeover that the first lines are about some sessions are not known to the new master. */
const hasLost = (sample: Sample): boolean => {
	const pair = mainPair(sample);
	const takeover = pair && lastTakeover(pair, sample.nowUs);
	return takeover !== undefined && takeover.coverage.known < takeover.coverage.held;
};

const linesOf = oncePerFrame((frame): readonly Line[] => {
	const {sample, columns, localTime} = frame;
	const {status} = sample;
	const failover = status?.failover;
	const moments = (failover?.timeline ?? []).toReversed().map(({timeUs, event, text, level, directors}) =>
		line(fit(`${clockTime(timeUs + (status?.wallOffsetUs ?? 0), localTime)} ${event.padEnd(16)} ${directors.length > 0 ? `${namesOf(directors, frame)}: ` : ''}${onScreen(text)}`, columns), level === 'alarm' ? 'alarm' : (level === 'warning' ? 'warning' : 'plain')));
	return [
		...(failover?.pairs.flatMap(pair => pairLines(pair, frame)) ?? []),
		...(hasLost(sample) ? [line(fit('Enter lists the sessions that are reset: fate=reset', columns), 'dim')] : []),
		...(failover?.pairs.length ? [] : [line('  no pair of directors seen yet', 'dim')]),
		line(fit('WHAT HAPPENED, newest first', columns), 'heading'),
		...moments,
	];
});

/** The verdict in its own words, to be copied. */
const takeoverText = (sample: Sample): string => {
	const pair = mainPair(sample);
	const takeover = pair && lastTakeover(pair, sample.nowUs);
	return takeover ? verdictOf(takeover, sample.nowUs, wordsOf(sample, false, unnamed)).sentences.join(' ') : '';
};

/** View 4: pairs, what the last takeover did, and when what happened. */
export const failoverView: View<'verdict'> = {
	name: 'failover',
	help: 'takeovers: who, when, and did the new master know the sessions',
	hint: [4, '4 takeovers'],
	columns: accountColumns.map(column => ({...column, from: 0})),
	columnGroup: 'ACCOUNT',
	parts: {directors: () => 3},
	extent: frame => ({total: linesOf(frame).length, visible: frame.layout.list, across: 1}),
	rowAt(sample) {
		const pair = mainPair(sample);
		return pair && lastTakeover(pair, sample.nowUs) ? 'verdict' : undefined;
	},
	cursorAt: () => undefined,
	/** Enter lists what the verdict says is lost. */
	describe: (_row, sample) => ({text: takeoverText(sample), filter: 'fate=reset'}),
	needs: () => ({}),
	signs: ({sample: {status, nowUs}}) => new Set((status?.failover.pairs ?? []).flatMap(pair => lastTakeover(pair, nowUs) ?? []).flatMap(takeover => rowsOf(takeover)).map(row => signOfRow(row))),
	Body: ({frame}) => <Lines lines={linesOf(frame).slice(frame.place.offset, frame.place.offset + frame.extent.visible)}/>,
};
