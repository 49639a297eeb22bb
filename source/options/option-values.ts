import {existsSync} from 'node:fs';
import {isIP} from 'node:net';
import {parseDuration} from '../filter/duration.js';
import {meant} from '../filter/suggest.js';
import {recordFieldNames} from '../output/records.js';
import {sortKeys, type SortKey} from '../table/read/sort-key.js';
import {isMulticast, parseAddress} from '../wire/address.js';
import {secondUs} from '../wire/second.js';
import {UsageError} from './usage-error.js';

/** What to stop or open at: a time, or seconds after the first packet. */
export type Until = {readonly kind: 'absolute'; readonly timeUs: number} | {readonly kind: 'relative'; readonly seconds: number};

export type NamedFile = {
	readonly name: string;
	readonly path: string;
	/** Of a log that another host wrote: add this to its times to get this host's; microseconds. */
	readonly differenceUs?: number;
};

export const numberOf = (name: string, text: string, least: number, most: number): number => {
	const value = Number(text);
	if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) {
		throw new UsageError(`--${name} ${text}: a number from ${least} to ${most} is needed`);
	}

	return value;
};

export const integerOf = (name: string, text: string, least: number, most: number): number => {
	const value = numberOf(name, text, least, most);
	if (!Number.isInteger(value)) {
		throw new UsageError(`--${name} ${text}: a whole number from ${least} to ${most} is needed`);
	}

	return value;
};

export const addressOf = (name: string, text: string): string => {
	if (isIP(text) === 0) {
		throw new UsageError(`--${name} ${text}: not an IPv4 or IPv6 address; names are not looked up`);
	}

	return text;
};

/** A group that sync messages are sent to. */
export const groupOf = (text: string): string => {
	const group = addressOf('group', text);
	const address = parseAddress(group);
	if (!address || !isMulticast(address.words, 0, address.family)) {
		throw new UsageError(`--group ${text}: not a multicast address, which is 224.0.0.0 to 239.255.255.255 or begins with ff. For a sender: --from`);
	}

	return group;
};

export const portsOf = (text: string): {from: number; to: number} => {
	const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/v.exec(text) ?? [];
	const ports = {from: Number(from), to: Number(to)};
	if (ports.from < 1 || ports.to > 65_535 || ports.to < ports.from || ports.to - ports.from > 63) {
		throw new UsageError(`--port ${text}: write a port from 1 to 65535, or the first and last of up to 64, as in 8848-8851`);
	}

	return ports;
};

/** Without a zone it is UTC, as the times of all outputs. */
const rfc3339 = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+\-]\d\d:\d\d)?$/iv;

export const untilOf = (text: string): Until => {
	if (text.startsWith('+')) {
		return {kind: 'relative', seconds: numberOf('at', text.slice(1), 0, 1e9)};
	}

	const [, date, time, zone = 'Z'] = rfc3339.exec(text) ?? [];
	const seconds = /^\d+(?:\.\d+)?$/v.test(text) ? Number(text) : Date.parse(`${date}T${time}${zone}`) / 1000;
	if (!Number.isFinite(seconds)) {
		throw new UsageError(`--at ${text}: give RFC 3339 (2026-11-22T14:02:00Z), Unix seconds, or +SECONDS after the first packet`);
	}

	return {kind: 'absolute', timeUs: Math.round(seconds * secondUs)};
};

/** A span before now, or a moment. */
export type Since = {readonly kind: 'span'; readonly us: number} | {readonly kind: 'absolute'; readonly timeUs: number};

/** Milliseconds. */
export const durationOf = (name: string, text: string): number => {
	const ms = parseDuration(text);
	if (ms === undefined || ms <= 0) {
		throw new UsageError(`--${name} ${text}: write a time, as in 30m, 12h or 14d`);
	}

	return ms;
};

export const sinceOf = (text: string): Since => {
	const ms = /[a-z]$/iv.test(text) && !text.endsWith('Z') ? parseDuration(text) : undefined;
	if (ms !== undefined) {
		return {kind: 'span', us: ms * 1000};
	}

	const until = text.startsWith('+') ? undefined : untilOf(text);
	if (until?.kind !== 'absolute') {
		throw new UsageError(`--since ${text}: give a span before now (1h, 2d) or a moment (2026-11-22T14:02:00Z, Unix seconds)`);
	}

	return until;
};

/** `NAME=FILE`, unless the whole is a file; the name defaults to the file's. */
export const fileOf = (text: string): NamedFile => {
	const match = /^([\w.\-]+)=(.+)$/sv.exec(text);
	if (match && !existsSync(text)) {
		return {name: match[1]!, path: match[2]!};
	}

	// A log ends in a slash.
	const bare = text.replace(/\/+$/v, '');
	return {name: text === '-' ? 'stdin' : bare.slice(bare.lastIndexOf('/') + 1) || text, path: text};
};

export const speedOf = (text: string): number => text === 'max' ? Infinity : numberOf('speed', text, 0.001, 1e9);

const unitOctets: Readonly<Record<string, number>> = {'': 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3};

/** Octets, with an optional unit. */
export const sizeOf = (name: string, text: string, least: number): number => {
	const match = /^(\d+(?:\.\d+)?)([kMG]?)$/v.exec(text);
	const octets = match ? Number(match[1]) * unitOctets[match[2]!]! : NaN;
	if (!(octets >= least)) {
		throw new UsageError(`--${name} ${text}: a size of at least ${least / 1024}k is needed, as in 100M`);
	}

	return Math.floor(octets);
};

/** `PORT`, `HOST:PORT` or `[IPv6]:PORT`; only this host can connect unless another address is given. */
export const listenOf = (name: string, text: string): {host: string; port: number} => {
	const match = /^(?:(?:\[([^\[\]]+)\]|([^:]+)):)?(\d+)$/v.exec(text);
	if (!match) {
		throw new UsageError(`--${name} ${text}: a port, as in 9464, or an address and a port, as in 0.0.0.0:9464 or [::1]:9464`);
	}

	return {host: match[1] ?? match[2] ?? '127.0.0.1', port: integerOf(name, match[3]!, 0, 65_535)};
};

export const sortOf = (text: string): SortKey => {
	const key = sortKeys.find(one => one === text);
	if (!key) {
		throw new UsageError(`--sort ${text}: unknown key${meant(text, sortKeys)}`);
	}

	return key;
};

export const fieldsOf = (text: string): readonly string[] => text.split(',').map(name => {
	if (!recordFieldNames.includes(name)) {
		throw new UsageError(`--fields ${text}: unknown field ${name}${meant(name, recordFieldNames)}`);
	}

	return name;
});

/** By its name it is a page or Markdown. */
export const reportOf = (text: string): string => {
	if (!/[^\/]\.(?:html?|md|markdown)$/iv.test(text)) {
		throw new UsageError(`--report ${text}: give a file whose name ends in .html or .md`);
	}

	return text;
};
