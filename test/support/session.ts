import {type Connection} from '../../source/table/connection.js';
import {type TableView} from '../../source/table/read/table-view.js';
import {peText} from '../../source/output/connection-fields.js';
import {clientAddress, protocolText, realAddress, stateText, virtualAddress} from '../../source/text/connection-text.js';

/** A session of our table in the words of a kernel's. */
export type Session = {
	readonly key: string;
	readonly state: string;
	readonly real: string;
	readonly connection: Connection;
};

export const sessionOf = (connection: Connection): Session => {
	const {cport, vport, dport, pe} = connection;
	return {
		key: `${protocolText(connection)} ${clientAddress(connection)} ${cport} ${virtualAddress(connection)} ${vport} `
			+ (pe ? `${peText(pe.name)} ${peText(pe.data)}` : ' '),
		state: stateText(connection),
		real: `${realAddress(connection)} ${dport}`,
		connection,
	};
};

/** The whole table by the kernel's key. Throws when it holds one key twice, as it would for one heard in two segments. */
export const sessionsOf = (view: TableView): Map<string, Session> => {
	const sessions = new Map<string, Session>();
	view.each((_words, _at, slot) => {
		const connection = view.row(slot);
		if (!connection) {
			return;
		}

		const session = sessionOf(connection);
		if (sessions.has(session.key)) {
			throw new Error(`Twice in the table: ${session.key}`);
		}

		sessions.set(session.key, session);
	});
	return sessions;
};
