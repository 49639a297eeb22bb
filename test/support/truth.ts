/*
A director's own table as it was read from /proc/net/ip_vs_conn and ip_vs_conn_sync: one line of JSON per poll and director.
*/
import {createReadStream} from 'node:fs';
import {createInterface} from 'node:readline';
import {createGunzip} from 'node:zlib';

/** A row of the kernel's table. */
export type KernelRow = {
	readonly proto: string;
	readonly caddr: string;
	readonly cport: number;
	readonly vaddr: string;
	readonly vport: number;
	readonly daddr: string;
	readonly dport: number;
	readonly state: string;
	/** SYNC: made by a record that it received; LOCAL: by a packet that it forwarded. */
	readonly origin: 'LOCAL' | 'SYNC';
	/** Whole seconds left, rounded down. */
	readonly expires: number;
	readonly pe?: string;
	readonly pe_data?: string;
};

export type Poll = {
	/** The table was read between these two, microseconds since the Unix epoch. */
	readonly startUs: number;
	readonly endUs: number;
	readonly director: string;
	/** `changing`: not the same before and after the table was read. */
	readonly role: 'master' | 'backup' | 'down' | 'changing';
	/** Its backup sync daemon was running. A director between two roles runs none, or still the other one. */
	readonly listens: boolean;
	/** Since which poll it has been listening without a break, microseconds; infinite when it does not. */
	readonly listensSinceUs: number;
	/** The poll before that one: it began to listen between the two. */
	readonly listensAfterUs: number;
	readonly rows: readonly KernelRow[];
};

type Line = {
	readonly t: number;
	readonly t_end: number;
	readonly ns: string;
	readonly role: Poll['role'];
	readonly sync: readonly string[];
	readonly conns: readonly KernelRow[];
};

const micros = (seconds: number): number => Math.round(seconds * 1e6);

/** All polls of a truth file in the order of time. */
export const readTruth = async (path: string): Promise<Poll[]> => {
	const polls: Poll[] = [];
	const last = new Map<string, Poll>();
	for await (const text of createInterface({input: createReadStream(path).pipe(createGunzip())})) {
		const {t, t_end, ns, role, sync, conns} = JSON.parse(text) as Line;
		const before = last.get(ns);
		const startUs = micros(t);
		const listens = role === 'backup' && sync.some(daemon => daemon.startsWith('backup'));
		const poll = {
			startUs, endUs: micros(t_end), director: ns, role, listens,
			listensSinceUs: listens ? (before?.listens ? before.listensSinceUs : startUs) : Infinity,
			listensAfterUs: listens ? (before?.listens ? before.listensAfterUs : before?.startUs ?? 0) : Infinity,
			rows: conns,
		};
		last.set(ns, poll);
		polls.push(poll);
	}

	return polls.sort((one, other) => one.startUs - other.startUs);
};

/** What identifies a connection or template in a backup: the kernel's key, with the data of a persistence engine. */
export const kernelKey = ({proto, caddr, cport, vaddr, vport, pe = '', pe_data = ''}: KernelRow): string =>
	`${proto} ${caddr} ${cport} ${vaddr} ${vport} ${pe} ${pe_data}`;
