/*
The table as one would first write it: a Map from text to objects, with counters and expiry. Reads a whole capture file
into memory, then walks its records; after a shorter one with some of the same sessions, which has the code compiled.
Prints one line of JSON.
*/
import {readFileSync} from 'node:fs';

type Session = {
	state: number;
	flags: number;
	realServer: string;
	counter: number[];
	timeout: number;
	expires: number;
	first: number;
	last: number;
	updates: number;
};

/** Between two sweeps, seconds: as rarely as bearable, since each looks at everything. */
const sweepEvery = 10;

const sessions = new Map<string, Session>();
const counters = new Map<string, number[]>();
let sweptAt = 0;

const addressAt = (file: Buffer, at: number, isIpv6: boolean): string => isIpv6
	? Array.from({length: 8}, (_, index) => file.readUInt16BE(at + (2 * index)).toString(16)).join(':')
	: `${file[at]}.${file[at + 1]}.${file[at + 2]}.${file[at + 3]}`;

const counterOf = (name: string): number[] => {
	let counter = counters.get(name);
	if (!counter) {
		counter = Array.from({length: 16}, () => 0);
		counters.set(name, counter);
	}

	return counter;
};

const sweep = (now: number): void => {
	for (const [key, session] of sessions) {
		if (session.expires <= now) {
			session.counter[session.state]!--;
			sessions.delete(key);
		}
	}
};

/** Gives the octets that the record takes. */
const readRecord = (file: Buffer, octets: DataView, at: number, now: number): number => {
	const isIpv6 = (file[at]! & 1) === 1;
	const length = octets.getUint16(at + 2) & 0x0f_ff;
	const flags = octets.getUint32(at + 4);
	const state = octets.getUint16(at + 8);
	const timeout = octets.getUint32(at + 20);
	const step = isIpv6 ? 16 : 4;
	const client = `${addressAt(file, at + 24, isIpv6)}:${octets.getUint16(at + 10)}`;
	const virtual = `${addressAt(file, at + 24 + step, isIpv6)}:${octets.getUint16(at + 12)}`;
	const realServer = `${addressAt(file, at + 24 + (2 * step), isIpv6)}:${octets.getUint16(at + 14)}`;
	const key = `${file[at + 1]} ${client} ${virtual}`;
	const session = sessions.get(key);
	if (session) {
		session.counter[session.state]!--;
		if (session.realServer !== realServer) {
			session.realServer = realServer;
			session.counter = counterOf(`${virtual} ${realServer}`);
		}

		session.counter[state]!++;
		session.state = state;
		session.flags = flags;
		session.timeout = timeout;
		session.expires = now + timeout;
		session.last = now;
		session.updates++;
	} else {
		const counter = counterOf(`${virtual} ${realServer}`);
		counter[state]!++;
		sessions.set(key, {state, flags, realServer, counter, timeout, expires: now + timeout, first: now, last: now, updates: 1});
	}

	return (length + 3) & ~3;
};

/** Gives the number of records. */
const run = (file: Buffer): number => {
	const octets = new DataView(file.buffer, file.byteOffset, file.length);
	let records = 0;
	for (let at = 24; at + 16 <= file.length;) {
		const now = octets.getUint32(at, true) + (octets.getUint32(at + 4, true) / 1e6);
		const length = octets.getUint32(at + 8, true);
		// Ethernet, IPv4 without options and UDP are 42 octets; what is not UDP is an advert
		const message = at + 16 + 42;
		const count = file[at + 16 + 23] === 17 ? file[message + 4]! : 0;
		let record = message + 8;
		for (let index = 0; index < count; index++) {
			record += readRecord(file, octets, record, now);
		}

		if (now - sweptAt >= sweepEvery) {
			sweptAt = now;
			sweep(now);
		}

		records += count;
		at += 16 + length;
	}

	return records;
};

const [path, warmUpPath] = process.argv.slice(2);
run(readFileSync(warmUpPath!));
const file = readFileSync(path!);
const before = process.cpuUsage();
const records = run(file);
const {user, system} = process.cpuUsage(before);
console.log(JSON.stringify({cpuUs: user + system, records, sessions: sessions.size}));
