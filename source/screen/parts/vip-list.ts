import {type Sample} from '../../sample/sample.js';
import {type ServiceView} from '../../table/read/services.js';
import {type Naming} from '../../text/alias-names.js';
import {forecastOf, lastTakeover, mainPair} from '../../sample/standing.js';
import {ago, percent, rate, short} from '../../text/format.js';
import {fit, line, type Line} from '../../text/line.js';
import {us} from '../../sample/source-words.js';
import {textTable, type Column} from '../../text/text-table.js';
import {serviceName, shownServices} from './service-text.js';

/** A virtual service with what the failover desk says of it. */
type VipRow = {
	readonly service: ServiceView;
	readonly nowUs: number;
	readonly known: string;
	readonly heard: string;
	readonly overdue: string;
};

/** Every column of the VIPs: to add one is to add it here. `isTakeover`: only while there is one to speak of. */
export const vipColumns: ReadonlyArray<Column<VipRow> & {readonly from: number; readonly isTakeover?: boolean}> = [
	{id: 'vip', title: 'VIP', help: 'address, port and protocol of the virtual service', align: 'left', shrink: 1, least: 23, from: 0, text: ({service}) => serviceName(service.service)},
	{id: 'open', title: 'OPEN', help: 'sessions in ESTABLISHED, and UDP flows', align: 'right', least: 6, from: 0, text: ({service}) => short(service.open)},
	{id: 'closing', title: 'CLOSING', help: 'sessions in all other states', align: 'right', least: 7, from: 0, text: ({service}) => short(service.closing)},
	{id: 'templates', title: 'TPL', help: 'persistence templates', align: 'right', least: 5, from: 84, text: ({service}) => short(service.templates)},
	{id: 'reals', title: 'RS', help: 'real servers with sessions', align: 'right', least: 2, from: 0, text: ({service}) => String(service.reals.length)},
	{id: 'known', title: 'KNOWN', help: 'share of the open sessions that the backup (after a takeover: the new master) was told of', align: 'right', least: 5, from: 66, text: ({known}) => known},
	{id: 'heard', title: 'HEARD', help: 'share of the sessions open at the takeover that the new master announced since', align: 'right', from: 66, isTakeover: true, text: ({heard}) => heard},
	{id: 'overdue', title: 'OVERDUE', help: 'sessions silent for longer than their own rhythm explains', align: 'right', from: 66, isTakeover: true, text: ({overdue}) => overdue},
	{id: 'end', title: 'END/s', help: 'sessions that ended per second, over 10 s', align: 'right', least: 6, from: 90, text: ({service}) => rate(service.endRates.tenSeconds)},
	{id: 'new', title: 'NEW/s', help: 'sessions announced for the first time per second, over 10 s; a SYN flood shows 0', align: 'right', least: 6, from: 0, text: ({service}) => rate(service.newRates.tenSeconds)},
	{id: 'last', title: 'LAST NEW', help: 'since the last session began', align: 'right', least: 8, from: 66, text: ({service, nowUs}) => service.lastNewUs > 0 ? ago((nowUs - service.lastNewUs) / us) : '-'},
];

/** What the failover desk knows of a service: after a takeover its account, else what the backup was told. */
export const vipRow = (service: ServiceView, sample: Sample): VipRow => {
	const pair = mainPair(sample);
	const takeover = pair && lastTakeover(pair, sample.nowUs);
	const account = takeover?.services.find(one => one.service === service.service.id);
	const coverage = account?.coverage ?? (pair && forecastOf(pair)?.services.find(one => one.service === service.service.id)?.coverage);
	return {
		service,
		nowUs: sample.nowUs,
		known: coverage ? percent(coverage.known, coverage.held) : '-',
		heard: account ? percent(account.accounting.heard, account.coverage.held) : '-',
		overdue: account ? short(account.accounting.overdue) : '-',
	};
};

/** Needs a look: sessions are not known to whom they should be. */
const isWorrying = ({known}: VipRow): boolean => known !== '-' && known !== '100%';

/** The VIPs as a list of at most `room` lines with its heading. `current`: the service of the row under the cursor. */
export const vipList = (sample: Sample, {columns, room, current, named}: {readonly columns: number; readonly room: number; readonly current: number | undefined; readonly named: Naming}): Line[] => {
	if (room < 2) {
		return [];
	}

	const hasAll = sample.services.length <= room - 1;
	const services = shownServices(sample.services, hasAll ? room - 1 : room - 2);
	const hasTakeover = mainPair(sample)?.takeovers.some(takeover => sample.nowUs - takeover.atUs < 15 * 60 * us) ?? false;
	const rows = services.map(service => vipRow(service, sample));
	// NEW/s and its age make room for the account, except on wide screens.
	const shown = vipColumns.filter(({id, from, isTakeover}) => columns >= from && (!isTakeover || hasTakeover) && !(hasTakeover && columns < 90 && id === 'reals'));
	const table = textTable(shown, rows, columns - 2, {named});
	return [
		line(fit(`  ${table.heading}`, columns), 'heading'),
		...rows.map((row, index) => {
			const isCurrent = row.service.service.id === current;
			return line(fit(`${isCurrent ? '>' : (isWorrying(row) ? '!' : ' ')} ${table.rows[index]!}`, columns), isCurrent ? 'title' : (isWorrying(row) ? 'warning' : 'plain'));
		}),
		...(hasAll ? [] : [line(fit(`  and ${sample.services.length - services.length} quieter ones [2]`, columns), 'dim')]),
	];
};
