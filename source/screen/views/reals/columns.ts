import {type RealServer, type ServiceView} from '../../../table/read/services.js';
import {ago, percent, rate, short} from '../../../text/format.js';
import {asciiGlyphs, bar, type Glyphs} from '../../../text/glyphs.js';
import {type Column} from '../../../text/text-table.js';
import {forwardingName} from '../../../wire/sync/conn-flags.js';
import {realName, serviceName, sessionsOf} from '../../parts/service-text.js';
import {secondUs} from '../../../wire/second.js';

export type RealRow = {readonly real: RealServer; readonly service: ServiceView};

const versusMean = ({real, service}: RealRow): string => {
	const mean = sessionsOf(service) / Math.max(1, service.reals.length);
	return mean === 0 ? '-' : `x${(sessionsOf(real) / mean).toFixed(2)}`;
};

/** Took no new session for a while in which its peers did. */
export const isPassedOver = ({real, service}: RealRow, nowUs: number): boolean => service.reals.length > 1 && service.newRates.tenSeconds > 0
	&& (real.lastNewUs <= 0 || nowUs - real.lastNewUs > 60 * secondUs);

/** Every column of the real servers: to add one is to add it here. */
const columnsAt = (nowUs: number, glyphs: Glyphs): ReadonlyArray<Column<RealRow> & {readonly from: number}> => [
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
	{id: 'last', title: 'NEW AGO', help: 'since the last session began', align: 'right', least: 8, from: 64, text: ({real}) => real.lastNewUs > 0 ? ago((nowUs - real.lastNewUs) / secondUs) : 'never'},
];

export const realColumns = (nowUs: number, columns: number, glyphs: Glyphs): ReadonlyArray<Column<RealRow>> => columnsAt(nowUs, glyphs).filter(({from}) => columns >= from);

/** The same in plain words. */
export const realColumnHelp = columnsAt(0, asciiGlyphs).filter(({title}) => title !== '');

