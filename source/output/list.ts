import {type Account, type Fate} from '../events/session-fields.js';
import {type Connection} from '../table/connection.js';
import {clientText, protocolText, realText, stateText, virtualText} from '../text/connection-text.js';
import {remaining, rfc3339, safeJson} from '../text/format.js';
import {secondUs} from '../wire/second.js';
import {connectionFields} from './connection-fields.js';
import {type Names} from './names.js';

/** The first two lines of `ipvsadm -Lnc`. */
export const listHeading = 'IPVS connection entries\npro expire state       source             virtual            destination\n';

/** One row of `ipvsadm -Lnc` (ipvsadm.c, print_conn): columns are padded, never cut. */
export const listRow = (connection: Connection, nowUs: number): string => {
	const left = remaining((connection.expiresUs - nowUs) / secondUs);
	return `${protocolText(connection).padEnd(3)} ${left.padEnd(6)} ${stateText(connection).padEnd(11)} `
		+ `${clientText(connection).padEnd(18)} ${virtualText(connection).padEnd(18)} ${realText(connection)}\n`;
};

type ListSummary = {readonly nowUs: number; readonly connections: number; readonly templates: number; readonly source: string};

export const listHeadingJson = ({nowUs, connections, templates, source}: ListSummary): string =>
	`${safeJson({v: 1, type: 'table', at: rfc3339(nowUs), connections, templates, source})}\n`;

/** What a takeover would do to a connection, and what the last one did; undefined where it was not part of it. */
export type Judgement = {readonly fate: Fate; readonly account: Account | undefined};

/** Templates are not judged. */
export const listRowJson = (connection: Connection, names: Names, nowUs: number, judgement?: Judgement): string =>
	`${safeJson({v: 1, type: 'connection', ...connectionFields(connection, names, nowUs), ...judgement})}\n`;
