import {Box} from 'ink';
import {type Sample} from '../../../sample/sample.js';
import {type ServiceView} from '../../../table/read/services.js';
import {expectationAfter, expectationOf} from '../../../desk/facts/expectation.js';
import {directorName} from '../../../sample/screen-names.js';
import {forecastOf, lastTakeover} from '../../../sample/standing.js';
import {ago, grouped, onScreen, percent, rate, short} from '../../../text/format.js';
import {sparkline} from '../../../text/glyphs.js';
import {fit, fitting, line, type Line, phrased, type Phrase, withTones} from '../../../text/line.js';
import {oncePerFrame, type Frame, type Page} from '../../frame.js';
import {Hints} from '../../parts/foot.js';
import {pairOf} from '../../parts/vip-list.js';
import {Lines} from '../../theme.js';
import {clientBlocks} from '../clients/view.js';
import {isPassedOver, realColumns} from '../reals/columns.js';
import {realName, serviceName, sessionsOf, statesOf} from '../../parts/service-text.js';
import {textTable} from '../../../text/text-table.js';
import {stateBar} from '../../parts/vip-panel.js';
import {secondUs} from '../../../wire/second.js';

const row = (label: string, text: string, columns: number): Line => withTones(fit(`${label.padEnd(9)}${text}`, columns), 'plain', [[label, 'heading']]);
const rowOf = (label: string, phrases: readonly Phrase[], columns: number): Line => row(label, phrased(phrases, columns - 9), columns);

/** Figures of what the takeover did to it, or what one would do. */
const coverageLine = (service: ServiceView, {sample, columns, named}: Frame): Line[] => {
	const pair = pairOf(service, sample);
	const takeover = pair && lastTakeover(pair, sample.nowUs);
	const account = takeover?.services.find(one => one.service === service.service.id);
	const nameOf = (director: number): string => directorName(sample.status, director, named);
	if (takeover && account) {
		const {held, known} = account.coverage;
		const {heard, closed, ranout, moved, waiting, overdue} = account.accounting;
		const count = (name: string, value: number, spare?: number): Phrase => ({text: `${name} ${short(value)}`, spare: spare === undefined || value > 0 ? spare : spare + 10});
		const isUnsure = known < held && expectationAfter(takeover).sureness === 'unknown';
		return [rowOf('takeover', [
			...(isUnsure
				? [{text: `cannot tell what ${nameOf(takeover.to)} knew of ${grouped(held)}`}]
				: [{text: `${nameOf(takeover.to)} knew ${grouped(known)} of ${grouped(held)}`}, {text: `(${percent(known, held)})`, spare: 5}]),
			count('heard', heard, 1), count('closed', closed, 3), count('ran out', ranout, 2), count('moved', moved, 4), count('waiting', waiting), count('overdue', overdue),
		], columns)];
	}

	const forecast = pair && forecastOf(pair);
	const coverage = forecast?.services.find(one => one.service === service.service.id)?.coverage;
	if (!forecast || !coverage) {
		return [];
	}

	const master = forecast.from >= 0 ? nameOf(forecast.from) : 'the master';
	const knows = coverage.known < coverage.held && expectationOf(forecast.coverage, forecast.ownKept).sureness === 'unknown'
		? `cannot tell what ${nameOf(forecast.director)} would know of ${grouped(coverage.held)} open`
		: `${nameOf(forecast.director)} would know ${grouped(coverage.known)} of ${grouped(coverage.held)} open (${percent(coverage.known, coverage.held)})`;
	return [row('fate', `if ${master} died now, ${knows}`, columns)];
};

/** What stands out, in plain words. */
const remarks = (service: ServiceView, {nowUs}: Sample): string[] => service.reals
	.filter(real => isPassedOver({real, service}, nowUs))
	.map(real => `z ${realName(real, service.service)} took no new session ${real.lastNewUs > 0 ? `for ${ago((nowUs - real.lastNewUs) / secondUs)}` : 'since we listen'} while its peers did: drained, weighted down, or dead?`);

/** One virtual service closely: states, timers, trend, real servers, clients. */
const closeUp = oncePerFrame((frame): {readonly lines: readonly Line[]; readonly total: number; readonly visible: number} => {
	const {sample, ui: {detail: shownDetail}, columns, rows, glyphs, named} = frame;
	const {service: id, offset} = shownDetail?.kind === 'vip' ? shownDetail : {service: -1, offset: 0};
	const service = sample.services.find(one => one.service.id === id);
	if (!service) {
		return {lines: [line('VIP', 'title'), line('  nothing refers to this service any more', 'dim')], total: 0, visible: 1};
	}

	const all = sessionsOf(service);
	const address = serviceName(service.service);
	const alias = named(address);
	const detail = sample.service;
	const byExpiry = detail?.byExpiry ?? [0, 0, 0, 0, 0];
	const bounds = ['<10s', '<1m', '<5m', '<15m', 'more'];
	const trendWidth = Math.max(10, Math.min(64, columns - 12));
	const states = statesOf(service, service.service).slice(0, 5).map(({name, count}) => `${name} ${short(count)} ${percent(count, all)}`).join('  ') || 'no sessions';
	const bar = stateBar(service, columns - 9);
	const head: Line[] = [
		line(fit(`VIP ${alias === address ? address : `${alias} ${address}`}  ${grouped(all)} sessions  +${rate(service.newRates.tenSeconds)}/s -${rate(service.endRates.tenSeconds)}/s   sync id ${service.syncids.join(' ')}  on ${onScreen(sample.status?.segments[service.service.segment] ?? '?')}`, columns), 'title'),
		row('state', states, columns),
		{...bar, text: `         ${bar.text}`, parts: (bar.parts ?? []).map(part => ({...part, at: part.at + 9}))},
		rowOf('expiry', [...byExpiry.map((count, index): Phrase => ({text: `${bounds[index]!} ${short(count)}`})), {text: `templates ${short(service.templates)}`, spare: service.templates > 0 ? 1 : 2}, {text: `ran out open ${short(detail?.ranout ?? 0)}`, spare: 1}], columns),
		rowOf('new/s', [
			{text: `10s ${rate(service.newRates.tenSeconds)}`}, {text: `1m ${rate(service.newRates.minute)}`}, {text: `5m ${rate(service.newRates.fiveMinutes)}`}, {text: `last ${service.lastNewUs > 0 ? `${ago((sample.nowUs - service.lastNewUs) / secondUs)} ago` : '-'}`},
			{text: `end/s 10s ${rate(service.endRates.tenSeconds)}`, spare: 0}, {text: `1m ${rate(service.endRates.minute)}`, spare: 1}, {text: `5m ${rate(service.endRates.fiveMinutes)}`, spare: 1},
		], columns),
		row('trend', `[${sparkline((detail?.births ?? []).slice(-trendWidth), glyphs).padStart(trendWidth)}]`, columns),
		...coverageLine(service, frame),
	];
	const warnings = remarks(service, sample);
	const clientRoom = Math.max(2, Math.min(12, Math.floor((rows - head.length) / 3)));
	const warned = warnings.slice(0, 2).map(text => line(fit(text, columns), 'warning'));
	const visible = Math.max(1, rows - head.length - warned.length - clientRoom - 2);
	const first = Math.max(0, Math.min(offset, service.reals.length - visible));
	const reals = service.reals.slice(first, first + visible).map(real => ({real, service}));
	const shown = realColumns(sample.nowUs, columns, glyphs).filter(({id: column}) => column !== 'vip');
	const table = textTable(shown, reals, columns - 2, {named});
	const body = [
		line(`  ${table.heading}`, 'heading'),
		...reals.map((one, index) => {
			const isWarned = isPassedOver(one, sample.nowUs);
			return line(`${isWarned ? 'z ' : '  '}${table.rows[index]!}`, isWarned ? 'warning' : 'plain');
		}),
		...clientBlocks(sample, {columns, visible: clientRoom - 1, offset: 0, cursor: -1, named}),
		...warned,
	];
	return {lines: [...head, ...body].slice(0, rows - 1), total: Math.max(1, service.reals.length - visible + 1), visible};
});

const detailHints = ['q Esc Backspace back   j k scroll real servers   Y make it the filter   1-6 views', 'q Esc back   j k scroll real servers   Y filters   1-6 views'];

/** A closer look at one virtual service. */
export const vipPage: Page = {
	extent(frame) {
		const {total, visible} = closeUp(frame);
		return {total, visible, across: 1};
	},
	needs: ({ui: {detail}}) => ({wantsClients: true, service: detail?.kind === 'vip' ? detail.service : undefined}),
	Picture({frame}) {
		const {columns, rows, ui: {message}} = frame;
		return (
			<>
				<Box flexDirection='column' height={rows - 1}><Lines lines={closeUp(frame).lines}/></Box>
				<Hints frame={frame} hints={message || fitting(detailHints, columns)}/>
			</>
		);
	},
};
