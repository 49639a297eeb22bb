import {type Sample} from '../../sample/sample.js';
import {type RealServer, type ServiceView} from '../../table/read/services.js';
import {type Naming} from '../../text/alias-names.js';
import {ago, percent, rate, short} from '../../text/format.js';
import {bar, sparkline, type Glyphs} from '../../text/glyphs.js';
import {beside, fit, fitting, line, type Line, type Tone} from '../../text/line.js';
import {directorName} from '../../sample/screen-names.js';
import {siteOf} from '../../sample/source-words.js';
import {type Frame} from '../frame.js';
import {secondUs} from '../../wire/second.js';
import {Lines} from '../theme.js';
import {characterOf, toneOfSign, type RowSign} from '../views/sessions/signs.js';
import {realName, serviceName, sessionsOf, statesOf} from './service-text.js';
import {shownServices, vipList, vipRow} from './vip-list.js';

/** From this width on the VIPs are panels. */
const gridColumns = 140;
const gridRows = 30;

const gap = '  ';
export const gapColumns = gap.length;
/** A panel is at least so wide. */
const leastPanel = 44;
const mostTrend = 48;
/** A trend of a few bars says nothing: words give way before. */
const leastTrend = 20;

type GridPlan = {readonly across: number; readonly width: number; readonly height: number; readonly down: number};

/** How panels fit: as many across as are wide enough, with as many real servers as there is room for. */
export const gridPlan = (services: readonly ServiceView[], columns: number, rows: number): GridPlan => {
	const most = Math.max(1, Math.floor((columns + gap.length) / (leastPanel + gap.length)));
	const across = Math.max(1, Math.min(most, services.length));
	const width = Math.floor((columns - (gap.length * (across - 1))) / across);
	const reals = Math.max(1, ...services.map(service => service.reals.length));
	// Title, state bar, figures, trend; then one line per real server, or for the first of many.
	const least = 4 + Math.min(2, reals);
	const wanted = 4 + reals;
	const neededDown = Math.max(1, Math.ceil(services.length / across));
	const height = Math.max(Math.min(least, rows), Math.min(wanted, Math.floor(rows / Math.min(neededDown, Math.max(1, Math.floor(rows / least))))));
	return {across, width, height, down: Math.max(1, Math.floor(rows / height))};
};

/** One letter and one tone for each state: the bar can be read without colour. */
const stateLetters: Readonly<Record<string, readonly [letter: string, tone: Tone]>> = {
	ESTABLISHED: ['E', 'good'], UDP: ['U', 'good'], FIN_WAIT: ['F', 'fresh'], TIME_WAIT: ['T', 'dim'], CLOSE: ['C', 'warning'], CLOSE_WAIT: ['W', 'warning'],
	SYN_RECV: ['R', 'heading'], SYN_SENT: ['S', 'heading'], LAST_ACK: ['L', 'dim'],
};

/** The states of a service as a bar of letters, the share of each as its length; the least is one letter. */
export const stateBar = (service: ServiceView, width: number): Line => {
	const states = statesOf(service, service.service);
	const all = sessionsOf(service);
	let text = '';
	const parts: Array<{at: number; length: number; tone: Tone}> = [];
	for (const {name, count} of states) {
		const [letter, tone] = stateLetters[name] ?? ['o', 'plain'];
		const length = Math.min(width - text.length, Math.max(1, Math.round(count / all * width)));
		if (length > 0) {
			parts.push({at: text.length, length, tone});
			text += letter.repeat(length);
		}
	}

	return line(text.padEnd(width, text.at(-1) ?? '.'), 'plain', parts);
};

const stateLine = (service: ServiceView, width: number): Line => {
	const words = statesOf(service, service.service).slice(0, 3).map(({name, count}) => `${name.slice(0, 5)} ${short(count)}`).join(' ')
		|| (service.templates > 0 ? 'templates only' : 'no sessions');
	const tail = service.templates > 0 ? ` tpl ${short(service.templates)}` : '';
	const barWidth = Math.max(6, width - words.length - tail.length - 1);
	const {text, parts = []} = stateBar(service, barWidth);
	return line(fit(`${text} ${words}${tail}`, width), 'plain', parts);
};

/** One VIP as a panel: states, rates, trend and real servers. */
const vipPanel = (service: ServiceView, sample: Sample, {width, height, glyphs, isCurrent, named}: {readonly width: number; readonly height: number; readonly glyphs: Glyphs; readonly isCurrent: boolean; readonly named: Naming}): Line[] => {
	const {nowUs} = sample;
	const {known, open, held, sign, knower} = vipRow(service, sample);
	const site = siteOf(sample.status, service.service.segment);
	const knows = knower === undefined ? 'known' : `${directorName(sample.status, knower, named)} knows`;
	const knownText = known === undefined ? '' : (held === undefined ? ` ${knows} ${short(known)}` : ` ${knows} ${short(known)} of ${short(held)} then`);
	const name = fit(`${isCurrent ? '>' : ' '}${characterOf(sign)}${named(serviceName(service.service))}${site === '' ? '' : ` ${site}`}`, width - 12);
	const right = ` ${service.reals.length} real`;
	const rule = glyphs.rule.repeat(Math.max(0, width - name.length - right.length - 1));
	const {newRates, endRates} = service;
	const last = service.lastNewUs > 0 ? `${ago((nowUs - service.lastNewUs) / secondUs)} ago` : '-';
	const tail = fitting([` new/s 1m ${rate(newRates.minute)} 5m ${rate(newRates.fiveMinutes)}  last ${last}`, ` 1m ${rate(newRates.minute)} 5m ${rate(newRates.fiveMinutes)} new ${last}`], width - leastTrend);
	const trendParts = Math.max(4, Math.min(mostTrend, width - tail.length - 2));
	const trend = sparkline((sample.trends.get(service.service.id) ?? []).slice(-trendParts), glyphs);
	const all = sessionsOf(service) || 1;
	const room = height - 4;
	const reals = service.reals.toSorted((one, other) => sessionsOf(other) - sessionsOf(one));
	const shown = reals.slice(0, reals.length > room ? Math.max(0, room - 1) : room);
	const realText = (real: RealServer): string => named(realName(real, service.service));
	const nameWidth = Math.min(Math.max(0, ...shown.map(real => realText(real).length)), width - 24);
	const [ageWidth, since] = width < 60 ? [6, ''] : [10, ' ago'];
	const barWidth = Math.max(4, Math.min(20, width - nameWidth - 16 - ageWidth));
	return [
		line(`${name} ${rule}${right}`, isCurrent ? 'selected' : 'heading'),
		stateLine(service, width),
		line(fitting([`open ${short(open)}  closing ${short(service.closing)}${knownText === '' ? '' : ` ${knownText}`}  new ${rate(newRates.tenSeconds)}/s  ended ${rate(endRates.tenSeconds)}/s`, `open ${short(open)} closing ${short(service.closing)}${knownText}  +${rate(newRates.tenSeconds)}/s -${rate(endRates.tenSeconds)}/s`], width), sign === 'none' ? 'plain' : toneOfSign(sign)),
		line(fit(`[${trend.padStart(trendParts)}]${tail}`, width)),
		...shown.map(real => {
			const count = sessionsOf(real);
			const age = real.lastNewUs > 0 ? `${ago((nowUs - real.lastNewUs) / secondUs)}${since}` : '-';
			return line(fit(`${fit(realText(real), nameWidth).padEnd(nameWidth)} ${short(count).padStart(5)} ${percent(count, all).padStart(4)} ${bar(count / all, barWidth, glyphs)} ${age.padStart(ageWidth)}`, width));
		}),
		...(reals.length > shown.length && room > 0 ? [line(`and ${reals.length - shown.length} more real servers`, 'dim')] : []),
	].slice(0, height);
};

/** Panels in rows and columns, from `first` on. */
export const vipGrid = (sample: Sample, services: readonly ServiceView[], {plan, first, current, glyphs, named}: {readonly plan: GridPlan; readonly first: number; readonly current: number | undefined; readonly glyphs: Glyphs; readonly named: Naming}): Line[] => {
	const {across, width, height, down} = plan;
	return Array.from({length: down}, (_, row) => services.slice(first + (row * across), first + ((row + 1) * across)))
		.filter(one => one.length > 0)
		.flatMap(one => beside(one.map(service => {
			const lines = vipPanel(service, sample, {width, height, glyphs, named, isCurrent: service.service.id === current});
			return {lines: [...lines, ...Array.from({length: height - lines.length}, () => line(''))], width};
		}), gap));
};

const isGrid = (columns: number, rows: number): boolean => columns >= gridColumns && rows >= gridRows;

/** Rows for a grid above the sessions, at most. */
const gridRoom = (rows: number): number => Math.floor(rows * 0.36);

/** The services that have a panel above the sessions, and how those fit. */
const shownGrid = (sample: Sample, columns: number, rows: number): {readonly services: readonly ServiceView[]; readonly plan: GridPlan} => {
	const {services: all} = sample;
	const {across, down} = gridPlan(all, columns, gridRoom(rows));
	const services = shownServices(all, across * down, sample);
	return {services, plan: gridPlan(services, columns, gridRoom(rows))};
};

/** How many rows the VIPs take above the sessions. */
export const panelRows = (sample: Sample, columns: number, rows: number): number => {
	const {services: all} = sample;
	if (rows < 18 || all.length === 0) {
		return 0;
	}

	if (!isGrid(columns, rows)) {
		const room = Math.min(all.length + 1, Math.floor(rows / 4));
		return room < 2 ? 0 : room;
	}

	const {services, plan: {across, down, height}} = shownGrid(sample, columns, rows);
	return Math.min(down, Math.ceil(services.length / across)) * height;
};

/** The signs of the VIPs that are shown above the sessions. */
export const panelSigns = ({sample, columns, rows, layout}: Frame): ReadonlySet<RowSign> => new Set(
	layout.panel === 0
		? []
		: (isGrid(columns, rows) ? shownGrid(sample, columns, rows).services : shownServices(sample.services, layout.panel - 1, sample)).map(service => vipRow(service, sample).sign),
);

/** The VIPs above the sessions: as panels where there is room for them, else as a list. */
export function VipPanel({frame}: {readonly frame: Frame}) {
	const {sample, columns, rows, layout, glyphs, named, place} = frame;
	const current = sample.rows[place.cursor - sample.offset]?.path.service.id;
	if (!isGrid(columns, rows)) {
		return <Lines lines={vipList(sample, {columns, room: layout.panel, current, named})}/>;
	}

	const {services, plan} = shownGrid(sample, columns, rows);
	return <Lines lines={vipGrid(sample, services, {plan, first: 0, current, glyphs, named})}/>;
}
