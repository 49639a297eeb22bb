import {type Sample} from '../../sample/sample.js';
import {type ServiceView} from '../../table/read/services.js';
import {type Naming} from '../../text/alias-names.js';
import {vipKey, type Coverage, type Forecast, type Pair} from '../../desk/facts/failover.js';
import {isUdpService} from '../../desk/facts/pair-services.js';
import {lastTakeover, pairsByUrgency} from '../../sample/standing.js';
import {expectationAfter, expectationOf} from '../../desk/facts/expectation.js';
import {characterOf, toneOfSign, type RowSign} from '../views/sessions/signs.js';
import {ago, rate, short} from '../../text/format.js';
import {fit, line, type Line} from '../../text/line.js';
import {hasSites, siteOf} from '../../sample/source-words.js';
import {firstWhole, tellingColumns, textTable, type Column} from '../../text/text-table.js';
import {secondUs} from '../../wire/second.js';
import {formatAddress} from '../../wire/address.js';
import {directorName} from '../../sample/screen-names.js';
import {serviceName, sessionsOf} from './service-text.js';

/** A virtual service with what the failover desk says of it. Undefined: nothing is known of that. */
type VipRow = {
	readonly service: ServiceView;
	readonly nowUs: number;
	readonly open: number;
	/** Whose it is, where several are looked at together. */
	readonly site: string;
	/** Open at the last takeover. */
	readonly held: number | undefined;
	/** Of those, or of what is open now: known to the new master, or to the backup. */
	readonly known: number | undefined;
	/** Of those: neither heard again nor closed since, nor overdue. */
	readonly waiting: number | undefined;
	readonly overdue: number | undefined;
	readonly sign: RowSign;
	/** Who knows so many: the new master, or the backup. */
	readonly knower: number | undefined;
	/** Others had a takeover, and the columns speak of that. */
	readonly isAside?: true;
};

const counted = (value: number | undefined): string => value === undefined ? '?' : short(value);

type VipColumn = Column<VipRow> & {
	readonly from: number;
	/** Only while there is a takeover to speak of. */
	readonly isTakeover?: boolean;
	/** Only where several are looked at together. */
	readonly isOfSites?: boolean;
	/** Gives its room to others while it has nothing to say. */
	readonly isSpare?: boolean;
};

/** Every column of the VIPs: to add one is to add it here. */
export const vipColumns: readonly VipColumn[] = [
	{id: 'vip', title: 'VIP', help: 'address, port and protocol of the virtual service', align: 'left', shrink: 1, least: 22, from: 0, text: ({service}) => serviceName(service.service)},
	{id: 'segment', title: 'SEGMENT', help: 'where it was announced, of several logs', align: 'left', from: 66, isOfSites: true, text: ({site}) => site},
	{id: 'open', title: 'OPEN', help: 'open now: TCP and SCTP sessions in ESTABLISHED, and UDP flows', align: 'right', least: 5, from: 0, text: ({open}) => short(open)},
	{id: 'closing', isSpare: true, title: 'CLOSING', help: 'sessions in all other states', align: 'right', least: 7, from: 0, text: ({service}) => short(service.closing)},
	{id: 'templates', isSpare: true, title: 'TPL', help: 'persistence templates', align: 'right', least: 5, from: 84, text: ({service}) => short(service.templates)},
	{id: 'reals', title: 'REALS', help: 'real servers with sessions', align: 'right', from: 0, text: ({service}) => String(service.reals.length)},
	{id: 'held', title: 'THEN', help: 'open at the takeover', align: 'right', least: 5, from: 66, isTakeover: true, text: ({held}) => held === undefined ? '-' : short(held)},
	{id: 'known', title: 'KNOWN', help: 'of those open, how many the backup knows; after a takeover, of those open then, how many the new master knows; ? cannot be told, - UDP flows that are scheduled anew', align: 'right', from: 66, text: ({known, sign, isAside}) => known === undefined && (sign === 'anew' || isAside) ? '-' : counted(known)},
	{id: 'waiting', title: 'WAITING', help: 'of those open at the takeover: not heard again from the new master yet, nor closed; normal, for up to 50 client packets of each', align: 'right', from: 72, isTakeover: true, text: ({waiting}) => waiting === undefined ? '-' : short(waiting)},
	{id: 'overdue', isSpare: true, title: 'OVERDUE', help: 'sessions silent for longer than their own rhythm explains', align: 'right', from: 90, isTakeover: true, text: ({overdue}) => overdue === undefined ? '-' : short(overdue)},
	{id: 'end', title: 'END/s', help: 'sessions that ended per second, over 10 s', align: 'right', from: 90, text: ({service}) => rate(service.endRates.tenSeconds)},
	{id: 'new', title: 'NEW/s', help: 'sessions announced for the first time per second, over 10 s; a SYN flood shows 0', align: 'right', from: 0, text: ({service}) => rate(service.newRates.tenSeconds)},
	{id: 'last', title: 'NEW AGO', help: 'since the last session began', align: 'right', from: 66, text: ({service, nowUs}) => service.lastNewUs > 0 ? ago((nowUs - service.lastNewUs) / secondUs) : '-'},
];

/** What would be known of a service if its master died now. */
const forecastFor = ({service}: ServiceView, {forecasts}: Pair): {readonly forecast: Forecast; readonly coverage: Coverage} | undefined => {
	const forecast = forecasts.find(({services}) => services.some(one => one.service === service.id));
	const coverage = forecast?.services.find(one => one.service === service.id)?.coverage;
	return forecast && coverage && {forecast, coverage};
};

/** Open now, as the desk counted it where it did: what stands beside it was counted at the same moment. */
const openOf = (service: ServiceView, pair: Pair | undefined, {services}: Sample): number => {
	const held = pair && forecastFor(service, pair)?.coverage.held;
	if (held !== undefined || !pair || isUdpService(service.service)) {
		return held ?? service.open;
	}

	const {segment, vaddr, family} = service.service;
	const isAlone = services.filter(one => !isUdpService(one.service) && one.service.segment === segment && vipKey(one.service.vaddr, 0) === vipKey(vaddr, 0)).length === 1;
	return (isAlone ? pair.vips.find(vip => vip.segment === segment && vip.address === formatAddress(vaddr, 0, family))?.open : undefined) ?? service.open;
};

/** What the failover desk knows of a service: after a takeover its account, else what the backup was told. */
export const vipRow = (service: ServiceView, sample: Sample): VipRow => {
	const {nowUs} = sample;
	const site = siteOf(sample.status, service.service.segment);
	const pair = pairOf(service, sample);
	const takeover = pair && lastTakeover(pair, nowUs);
	const account = takeover?.services.find(one => one.service === service.service.id);
	const open = openOf(service, pair, sample);
	if (takeover && account) {
		const {coverage: {held, known}, accounting: {waiting, overdue}, udp} = account;
		const isUnsure = expectationAfter(takeover).sureness === 'unknown';
		const sign = known >= held ? 'none' : (isUnsure ? 'unsure' : (udp ? 'anew' : 'reset'));
		return {service, nowUs, site, open, held, known: sign === 'unsure' || sign === 'anew' ? undefined : known, waiting, overdue, sign, knower: takeover.to};
	}

	const {forecast, coverage} = (pair && forecastFor(service, pair)) ?? {};
	const isShort = coverage !== undefined && coverage.known < coverage.held;
	// Of a service without open sessions nothing can be unknown.
	const isNone = open === 0 && (pair?.forecasts.length ?? 0) > 0;
	const isUnsure = isShort && expectationOf(forecast!.coverage, forecast!.ownKept).sureness === 'unknown';
	return {service, nowUs, site, open, held: undefined, known: isUnsure ? undefined : (coverage?.known ?? (isNone ? 0 : undefined)), waiting: undefined, overdue: undefined, sign: isUnsure ? 'unsure' : (isShort ? 'risk' : 'none'), knower: forecast?.director};
};

/** The pair that serves it, as far as the desk says. */
export const pairOf = ({service}: ServiceView, sample: Sample): Pair | undefined => pairsByUrgency(sample)
	.find(pair => [...pair.forecasts, ...pair.takeovers].some(({services}) => services.some(one => one.service === service.id))
		|| pair.vips.some(vip => vip.segment === service.segment && vip.address === formatAddress(service.vaddr, 0, service.family)));

/** Those in danger first, and all in the order of addresses, so that none changes its place while nothing is wrong. */
export const shownServices = (services: readonly ServiceView[], room: number, sample: Sample): readonly ServiceView[] => {
	if (services.length <= room) {
		return services;
	}

	const isInDanger = new Map(services.map(one => [one, ['reset', 'unsure', 'anew'].includes(vipRow(one, sample).sign)]));
	const busy = services.toSorted((one, other) => Number(isInDanger.get(other)) - Number(isInDanger.get(one)) || magnitude(other) - magnitude(one));
	const shown = new Set(busy.slice(0, room));
	return services.filter(one => shown.has(one));
};

/** Services of like size have no order among each other. */
const magnitude = (service: ServiceView): number => Math.floor(Math.log10(1 + sessionsOf(service)) * 2);

type VipListOptions = {readonly columns: number; readonly room: number; readonly current: number | undefined; readonly named: Naming};

/** Longer names leave the heading as it is. */
const longestKnower = 8;

/** Heading of what a director knows: `B KNOWS`. */
export const knowsWord = (name: string): string | undefined => name === '' || name.length > longestKnower ? undefined : `${name} KNOWS`;

/** Whose knowledge the column shows, where it is one director's for all rows. */
const knowsTitle = (rows: readonly VipRow[], nameOf: (director: number) => string): string | undefined => {
	const [knower, ...others] = new Set(rows.filter(({known, knower, isAside}) => known !== undefined && knower !== undefined && !isAside).map(row => row.knower));
	return knower === undefined || others.length > 0 ? undefined : knowsWord(nameOf(knower));
};

/** The VIPs as a list of at most `room` lines with its heading. `current`: the service of the row under the cursor. */
export const vipList = (sample: Sample, {columns, room, current, named}: VipListOptions): Line[] => {
	if (room < 2) {
		return [];
	}

	const hasAll = sample.services.length <= room - 1;
	const found = shownServices(sample.services, hasAll ? room - 1 : room - 2, sample).map(service => vipRow(service, sample));
	const hasTakeover = found.some(({held}) => held !== undefined);
	// One column, one question: beside what was known at a takeover stands nothing of what would be known at another.
	const rows = hasTakeover ? found.map((row): VipRow => row.held === undefined ? {...row, known: undefined, isAside: true} : row) : found;
	// What is always the same, and how many, make room for the account, except on wide screens.
	const shown = vipColumns.filter(({id, from, isTakeover, isOfSites}) => columns >= from && (!isOfSites || hasSites(sample.status)) && (!isTakeover || hasTakeover) && !(hasTakeover && columns < 90 && id === 'reals'));
	const knows = knowsTitle(rows, director => directorName(sample.status, director, named));
	const telling = tellingColumns(shown, rows);
	const layouts = [[shown, knows], [telling, knows], [shown, undefined], [telling, undefined]] as const;
	const table = firstWhole(layouts.map(([some, word]) => () => textTable(some, rows, columns - 3, {named, titleOf: ({id, title}) => id === 'known' ? word ?? title : title})));
	return [
		line(fit(`   ${table.heading}`, columns), 'heading'),
		...rows.map(({service, sign}, index) => {
			const isCurrent = service.service.id === current;
			const text = fit(`${isCurrent ? '>' : ' '}${characterOf(sign)} ${table.rows[index]!}`, columns);
			return line(text, isCurrent ? 'title' : 'plain', sign === 'none' ? undefined : [{at: 1, length: 1, tone: toneOfSign(sign)}]);
		}),
		...(hasAll ? [] : [line(fit(`   and ${sample.services.length - rows.length} more: key 2`, columns), 'dim')]),
	];
};
