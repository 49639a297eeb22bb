import {type ClientCount} from '../../sample/client-scan.js';
import {type LoggedEvent} from '../../events/told.js';
import {type Sample} from '../../sample/sample.js';
import {type PastChange} from '../../table/read/change-scan.js';
import {type RealServer, type ServiceView} from '../../table/read/services.js';
import {formatAddress} from '../../wire/address.js';
import {forwardingName} from '../../wire/sync/conn-flags.js';
import {type Naming} from '../../text/alias-names.js';
import {changeText, eventText} from '../parts/event-text.js';
import {filterBar} from '../parts/filter-bar.js';
import {ago, grouped, percent, preciseTime, rate, short} from '../../text/format.js';
import {bar, type Glyphs} from '../../text/glyphs.js';
import {beside, fit, fitting, line, type Line, wrapText} from '../../text/line.js';
import {bottomLines, framed, topLines} from '../parts/main-screen.js';
import {type ScreenInput} from '../screen-input.js';
import {realName, serviceFilter, serviceName, sessionsOf} from '../parts/service-text.js';
import {us} from '../../sample/source-words.js';
import {textTable, type Column} from '../../text/text-table.js';
import {gridPlan, vipGrid} from '../parts/vip-grid.js';
import {vipList} from '../parts/vip-list.js';

/** A list under the same first and last lines as all views: how many rows it has, and how many fit. */
export type ListScreen = {readonly lines: readonly Line[]; readonly total: number; readonly visible: number; readonly across: number};

const order = <Row>(rows: readonly Row[], key: (row: Row) => number): Row[] => rows.toSorted((one, other) => key(other) - key(one));

/** The services in the order that was chosen. */
export const orderedServices = (services: readonly ServiceView[], listSort: string): readonly ServiceView[] => {
	switch (listSort) {
		case 'sessions': {
			return order(services, sessionsOf);
		}

		case 'new/s': {
			return order(services, ({newRates}) => newRates.tenSeconds);
		}

		default: {
			return services;
		}
	}
};

const title = (text: string, columns: number): Line => line(fit(text, columns), 'heading');

/** View 2: every VIP as a panel, or as a line where the screen is too small. */
export const vipsScreen = (input: ScreenInput): ListScreen => {
	const {sample, columns, rows, cursor, offset, listSort, glyphs, named} = input;
	const services = orderedServices(sample.services, listSort);
	const top = [...topLines(input, 2), title(fitting([`VIPs ${grouped(services.length)}, all their sessions (unfiltered)   sort ${listSort}   Enter closer look   Y make it the filter`, `VIPs ${grouped(services.length)} (unfiltered)   sort ${listSort}   Enter closer look   Y filters`, `VIPs ${grouped(services.length)} (unfiltered)  sort ${listSort}  Enter closer look`], columns), columns)];
	const bottom = bottomLines(input);
	const room = rows - top.length - bottom.length;
	const current = services[cursor]?.service.id;
	if (room < 6) {
		const visible = Math.max(1, room - 1);
		return {lines: framed(top, vipList({...sample, services: services.slice(offset, offset + visible)}, {columns, room, current, named}), bottom, rows), total: services.length, visible, across: 1};
	}

	const plan = gridPlan(services, columns, room);
	const {across, down} = plan;
	const visible = across * down;
	const first = Math.floor(Math.max(0, Math.min(offset, cursor)) / across) * across;
	const start = cursor >= first + visible ? Math.ceil((cursor + 1 - visible) / across) * across : first;
	return {lines: framed(top, vipGrid(sample, services, {plan, first: start, current, glyphs, named}), bottom, rows), total: services.length, visible, across};
};

export type RealRow = {readonly real: RealServer; readonly service: ServiceView};

/** Real servers of all services, in the order that was chosen. */
export const realRows = ({services}: Sample, listSort: string): readonly RealRow[] => {
	const rows = services.flatMap(service => service.reals.map(real => ({real, service})));
	switch (listSort) {
		case 'sessions': {
			return order(rows, ({real}) => sessionsOf(real));
		}

		case 'new/s': {
			return order(rows, ({real}) => real.newRates.tenSeconds);
		}

		case 'last new': {
			return order(rows, ({real}) => real.lastNewUs);
		}

		default: {
			return rows;
		}
	}
};

export const realFilter = ({real, service}: RealRow): string => `rs=${realName(real, service.service)} ${serviceFilter(service.service)}`;

const versusMean = ({real, service}: RealRow): string => {
	const mean = sessionsOf(service) / Math.max(1, service.reals.length);
	return mean === 0 ? '-' : `x${(sessionsOf(real) / mean).toFixed(2)}`;
};

/** Took no new session for a while in which its peers did. */
export const isPassedOver = ({real, service}: RealRow, nowUs: number): boolean => service.reals.length > 1 && service.newRates.tenSeconds > 0
	&& (real.lastNewUs <= 0 || nowUs - real.lastNewUs > 60 * us);

export const realColumns = (nowUs: number, columns: number, glyphs: Glyphs): ReadonlyArray<Column<RealRow>> => {
	const all: ReadonlyArray<Column<RealRow> & {readonly from: number}> = [
		{id: 'real', title: 'REAL SERVER', help: 'address and port', align: 'left', shrink: 2, from: 0, text: ({real, service}) => realName(real, service.service)},
		{id: 'vip', title: 'VIP', help: 'its virtual service', align: 'left', shrink: 1, from: 0, text: ({service}) => serviceName(service.service)},
		{id: 'forward', title: 'FWD', help: 'forwarding method', align: 'left', from: 90, text: ({real}) => forwardingName(real.forward)},
		{id: 'open', title: 'OPEN', help: 'open sessions', align: 'right', least: 6, from: 0, text: ({real}) => short(real.open)},
		{id: 'closing', title: 'CLOSING', help: 'sessions in other states', align: 'right', from: 72, text: ({real}) => short(real.closing)},
		{id: 'share', title: 'SHARE', help: 'of the sessions of its VIP', align: 'right', from: 0, text: ({real, service}) => percent(sessionsOf(real), sessionsOf(service))},
		{id: 'mean', title: 'vs AVG', help: 'against the mean of its VIP; weights never travel, so this is no verdict', align: 'right', least: 6, from: 100, text: versusMean},
		{id: 'bar', title: '', help: '', align: 'left', least: 20, from: 120, text: ({real, service}) => bar(sessionsOf(real) / Math.max(1, sessionsOf(service)), 20, glyphs)},
		{id: 'end', title: 'END/s', help: 'ended per second, over 10 s', align: 'right', least: 6, from: 84, text: ({real}) => rate(real.endRates.tenSeconds)},
		{id: 'new', title: 'NEW/s', help: 'new per second, over 10 s', align: 'right', least: 6, from: 0, text: ({real}) => rate(real.newRates.tenSeconds)},
		{id: 'last', title: 'LAST NEW', help: 'since the last session began', align: 'right', least: 8, from: 64, text: ({real}) => real.lastNewUs > 0 ? ago((nowUs - real.lastNewUs) / us) : 'never'},
	];
	return all.filter(({from}) => columns >= from);
};

/** View 3. */
export const realsScreen = (input: ScreenInput): ListScreen => {
	const {sample, columns, rows, cursor, offset, listSort, glyphs, named} = input;
	const all = realRows(sample, listSort);
	const bottom = bottomLines(input);
	const top = [...topLines(input, 2), title(fitting([`REAL SERVERS ${grouped(all.length)} (unfiltered)   sort ${listSort}   Enter and Y make it the filter   ! no new session while its peers had some`, `REAL SERVERS ${grouped(all.length)} (unfiltered)  sort ${listSort}  Enter filters  ! no new, peers had`, `REAL SERVERS ${grouped(all.length)} (unfiltered)   sort ${listSort}   Enter filters`], columns), columns)];
	const visible = Math.max(1, rows - top.length - bottom.length - 1);
	const shown = all.slice(offset, offset + visible);
	const table = textTable(realColumns(sample.nowUs, columns, glyphs), shown, columns - 2, {named});
	const body = [line(`  ${table.heading}`, 'heading'), ...shown.map((row, index) => {
		const isSelected = index + offset === cursor;
		const isWarned = isPassedOver(row, sample.nowUs);
		return line(fit(`${isSelected ? '>' : ' '}${isWarned ? '!' : ' '}${table.rows[index]!}`, columns), isSelected ? 'selected' : (isWarned ? 'warning' : 'plain'));
	})];
	return {lines: framed(top, body, bottom, rows), total: all.length, visible, across: 1};
};

export const clientName = ({family, address}: ClientCount): string => formatAddress(address, 0, family);
export const netName = ({family, address}: ClientCount): string => `${formatAddress(address, 0, family)}/${family === 4 ? 24 : 64}`;

type ClientRow = {readonly count: ClientCount; readonly name: string; readonly all: number};

/** Where there is little room, an address is worth more than its share. */
const clientColumns = (what: string, width: number): ReadonlyArray<Column<ClientRow>> => ([
	{id: 'client', title: what, help: 'address, or net', align: 'left', shrink: 1, text: ({name}) => name},
	{id: 'sessions', title: 'SESSIONS', help: 'without templates', align: 'right', text: ({count}) => grouped(count.sessions)},
	{id: 'open', title: 'OPEN', help: 'open sessions', align: 'right', least: 6, text: ({count}) => short(count.open)},
	{id: 'share', title: 'SHARE', help: 'of all that were counted', align: 'right', text: ({count, all}) => percent(count.sessions, all)},
] as const satisfies ReadonlyArray<Column<ClientRow>>).filter(({id}) => width >= 36 || id === 'client' || id === 'sessions');

/** Clients and nets side by side, the cursor among the clients. */
export const clientBlocks = (sample: Sample, {columns, visible, offset, cursor, named}: {readonly columns: number; readonly visible: number; readonly offset: number; readonly cursor: number; readonly named: Naming}): Line[] => {
	const {clients} = sample;
	if (!clients) {
		return [line('  counting …'.replace('…', '...'), 'dim')];
	}

	const half = Math.floor((columns - 2) / 2);
	const block = (what: string, counts: readonly ClientCount[], nameOf: (count: ClientCount) => string, first: number, selected: number): Line[] => {
		const rows = counts.slice(first, first + visible).map(count => ({count, name: nameOf(count), all: clients.sessions}));
		const table = textTable(clientColumns(what, half), rows, half - 2, {named});
		return [line(`  ${table.heading}`, 'heading'), ...rows.map((_, index) => line(`${index + first === selected ? '>' : ' '} ${table.rows[index]!}`, index + first === selected ? 'selected' : 'plain'))];
	};

	return beside([
		{lines: block('CLIENT', clients.clients, clientName, offset, cursor), width: half},
		{lines: block('NET /24 /64', clients.nets, netName, 0, -1), width: half},
	], '  ');
};

/** View 5. */
export const clientsScreen = (input: ScreenInput): ListScreen => {
	const {sample, columns, rows, cursor, offset, named} = input;
	const {clients} = sample;
	const bottom = bottomLines(input);
	const counted = clients
		? `${grouped(clients.distinctClients)} clients in ${grouped(clients.distinctNets)} nets, ${grouped(clients.sessions)} sessions${clients.isPartial ? ', the rarest left out' : ''}`
		: 'counting';
	const top = [...topLines(input, 2), title(fitting([`CLIENTS that pass the filter: ${counted}   Enter and Y make it the filter`, `CLIENTS: ${counted}   Enter and Y filter`, `CLIENTS: ${counted}`], columns), columns), filterBar({...input, marked: input.marked.size})];
	const visible = Math.max(1, rows - top.length - bottom.length - 1);
	return {lines: framed(top, clientBlocks(sample, {columns, visible, offset, cursor, named}), bottom, rows), total: clients?.clients.length ?? 0, visible, across: 1};
};

export type EventRow = {readonly timeUs: number; readonly change: PastChange | undefined; readonly event: LoggedEvent | undefined};

/** Changes of sessions and all other events as one list, newest first. */
export const eventRows = ({events, changes}: Sample): EventRow[] => [
	...changes.map(change => ({timeUs: change.timeUs, change, event: undefined})),
	...events.map(event => ({timeUs: event.timeUs, change: undefined, event})),
].toSorted((one, other) => other.timeUs - one.timeUs);

/** View 6. */
export const eventsScreen = (input: ScreenInput): ListScreen => {
	const {sample, columns, rows, cursor, offset, localTime, named} = input;
	const all = eventRows(sample);
	const bottom = bottomLines(input);
	const lost = sample.lostChanges > 0 ? `, ${grouped(sample.lostChanges)} older ones not kept` : '';
	const top = [
		...topLines(input, 2),
		title(fitting([`EVENTS${lost}   try / event=takeover or / event=ranout   Enter session   b go there`, `EVENTS${lost}   try / event=takeover   Enter session   b go there`, `EVENTS${lost}   / event=takeover   Enter session`], columns), columns),
		filterBar({...input, marked: input.marked.size, lists: 'events'}),
	];
	const visible = Math.max(1, rows - top.length - bottom.length);
	const body = all.slice(offset, offset + visible).map(({timeUs, change, event}, index) => {
		const {name, text, tone} = change ? changeText(change, named) : eventText(event!, sample.status, named);
		const isSelected = index + offset === cursor;
		const time = preciseTime(timeUs + (sample.status?.wallOffsetUs ?? 0), 3, localTime);
		return line(fit(`${isSelected ? '>' : ' '} ${time} ${name.padEnd(11)} ${text}`, columns), isSelected ? 'selected' : tone);
	});
	return {
		lines: framed(top, all.length === 0 ? wrapText('  nothing yet, or nothing that passes the filter', columns).map(text => line(text, 'dim')) : body, bottom, rows),
		total: all.length, visible, across: 1,
	};
};
