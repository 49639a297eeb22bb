import {type Connection} from '../table/connection.js';
import {clientAddress, flagsText, forwardText, protocolText, realAddress, stateText, virtualAddress} from '../text/connection-text.js';
import {octetText} from '../text/format.js';
import {type Names} from './names.js';

/** Octets of a persistence engine as text: printable ASCII as it is, all else escaped. */
export const peText = octetText;

const seconds = (micros: number): number => Math.round(micros / 1000) / 1000;

/** One connection under its canonical names, as of `nowUs`. Seconds with fraction. */
export const connectionFields = (connection: Connection, names: Names, nowUs: number): Record<string, unknown> => ({
	segment: names.segment(connection.segment),
	proto: protocolText(connection),
	state: stateText(connection),
	client: clientAddress(connection),
	cport: connection.cport,
	virtual: virtualAddress(connection),
	vport: connection.vport,
	real: realAddress(connection),
	rport: connection.dport,
	forward: forwardText(connection),
	fwmark: connection.fwmark,
	flags: flagsText(connection),
	template: connection.template,
	...(connection.pe && {pe: peText(connection.pe.name), peData: peText(connection.pe.data)}),
	timeout: connection.timeoutSeconds,
	expires: seconds(connection.expiresUs - nowUs),
	age: seconds(nowUs - connection.firstUs),
	idle: seconds(nowUs - connection.lastUs),
	updates: connection.updates,
	director: names.director(connection.director),
	directors: [...new Set([names.director(connection.director), ...names.directors(connection.directorsMask, connection.director)])],
	syncid: connection.syncid,
	version: connection.version,
	sent: names.directors(connection.sentMask, connection.director),
});
