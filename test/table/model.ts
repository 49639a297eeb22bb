import {stateTimeoutSeconds} from '../../source/wire/sync/conn-state.js';
import {flags, fullRecord, type SampleMessage, type SampleRecord} from './support.js';

/*
What the table promises, said with a Map and plain objects (Linux net/netfilter/ipvs/ip_vs_sync.c, ip_vs_proc_conn, and
ip_vs_conn.c, with our additions). Slow and simple, to compare the table with.
*/
export type ModelEntry = {
	key: string;
	family: number;
	protocol: number;
	caddr: string;
	cport: number;
	template: boolean;
	state: number;
	daddr: string;
	dport: number;
	lastDaddr: string;
	lastDport: number;
	forward: number;
	fwmark: number;
	syncid: number;
	flags: number;
	illFormed: boolean;
	partial: boolean;
	timeoutSeconds: number;
	firstMs: number;
	lastMs: number;
	updates: number;
	director: number;
	directorsMask: number;
	sentMask: number;
	pe: string;
};

const updated = flags.inactive | 0x6_00;
const kept = 0x1_1f_a0; // All flags with a name but forwarding, HASHED and ONE_PACKET.

export const addressText = (words: ArrayLike<number>): string => Array.from({length: 4}, (_, word) => (words[word] ?? 0) >>> 0).join('.');

export const createModel = (originUs: number) => {
	const entries = new Map<string, ModelEntry>();
	const events: string[] = [];
	let nowUs = originUs;
	const nowMs = () => Math.floor((nowUs - originUs) / 1000);
	const expiresMs = (entry: ModelEntry) => entry.lastMs + (entry.timeoutSeconds * 1000);
	const isDue = (entry: ModelEntry) => expiresMs(entry) <= nowMs();
	const say = (type: string, entry: ModelEntry, ms: number, was = '') => {
		events.push([type, ms, entry.key, entry.state, `${entry.daddr}:${entry.dport}`, entry.updates, was].join(' '));
	};

	/** Keys of those without a client port: any at all make others be looked up without theirs. */
	const withoutPort = new Set<string>();
	const put = (entry: ModelEntry) => {
		entries.set(entry.key, entry);
		if ((entry.flags & flags.noCport) !== 0) {
			withoutPort.add(entry.key);
		}
	};

	const remove = ({key}: ModelEntry) => {
		entries.delete(key);
		withoutPort.delete(key);
	};

	const end = (entry: ModelEntry) => {
		const isOpen = !entry.template && ((entry.protocol === 6 && entry.state === 1) || (entry.protocol === 132 && entry.state === 8));
		say(isOpen && entry.lastMs - entry.firstMs >= 60_000 ? 'ranout' : 'expired', entry, expiresMs(entry));
		remove(entry);
	};

	const lookUp = (key: string): ModelEntry | undefined => {
		const entry = entries.get(key);
		if (entry && isDue(entry)) {
			end(entry);
			return undefined;
		}

		return entry;
	};

	return {
		apply(records: readonly SampleRecord[], message: SampleMessage) {
			const {segment = 1, director = 1, directorBit = 0, sentMask = 0, partial = false, syncid = 51, version = 1} = message;
			nowUs = Math.max(nowUs, message.nowUs ?? 0);
			for (const given of records) {
				const record = fullRecord(given);
				if (record.fault !== 0) {
					continue;
				}

				const template = (record.flags & flags.template) !== 0;
				const pe = record.pe ?? '';
				const cport = template && pe !== '' ? 0 : record.cport;
				const keyWith = (port: number) => [
					segment, record.family, record.protocol, addressText(record.caddr), port, addressText(record.vaddr), record.vport,
					template ? `template ${pe}` : '', record.protocol === 0 ? syncid : '',
				].join('|');
				let timeoutSeconds = version === 0 ? 0 : record.timeoutSeconds >>> 0;
				timeoutSeconds = timeoutSeconds === 0 ? stateTimeoutSeconds(record.protocol, record.state, template) : timeoutSeconds;
				let entry = lookUp(keyWith(cport));
				if (!entry && cport !== 0 && !template && withoutPort.size > 0) {
					const candidate = entries.get(keyWith(0));
					entry = candidate && (candidate.flags & flags.noCport) !== 0 ? lookUp(candidate.key) : undefined;
				}

				const daddr = addressText(record.daddr);
				const said = {state: record.state, timeoutSeconds, lastMs: nowMs(), director, partial, lastDaddr: daddr, lastDport: record.dport, syncid};
				const fresh = {daddr, dport: record.dport, forward: record.flags & 7, fwmark: record.fwmark, flags: record.flags & kept};
				if (!entry) {
					entry = {
						key: keyWith(cport), family: record.family, protocol: record.protocol, caddr: addressText(record.caddr), cport, template, pe,
						...said, ...fresh, firstMs: nowMs(), updates: 1, directorsMask: 1 << directorBit, sentMask, illFormed: (record.anomalies & 1) !== 0,
					};
					put(entry);
					say('new', entry, nowMs());
					continue;
				}

				const moves = !template && (entry.daddr !== daddr || entry.dport !== record.dport);
				if (moves && (record.flags & flags.inactive) !== 0) {
					entry.lastDaddr = daddr;
					entry.lastDport = record.dport;
					entry.syncid = syncid;
					continue;
				}

				const {state: wasState, daddr: wasDaddr, dport: wasDport} = entry;
				Object.assign(entry, said);
				entry.updates += 1;
				entry.directorsMask |= 1 << directorBit;
				entry.sentMask |= sentMask;
				entry.illFormed ||= (record.anomalies & 1) !== 0;
				if (moves) {
					// Where it had no client port, it is another connection to those who look for it.
					remove(entry);
					Object.assign(entry, fresh, {key: keyWith(cport), cport});
					put(entry);
					say('moved', entry, nowMs(), `${wasDaddr}:${wasDport}`);
				} else {
					entry.flags = (entry.flags & ~updated) | (record.flags & updated);
				}

				if (wasState !== record.state) {
					say('state', entry, nowMs(), String(wasState));
				}
			}
		},
		expire(time: number) {
			nowUs = Math.max(nowUs, time);
			for (const entry of entries.values()) {
				if (isDue(entry)) {
					end(entry);
				}
			}
		},
		/** Entries whose time is not up. */
		rows: () => [...entries.values()].filter(entry => !isDue(entry)),
		/** What happened since the last call, in any order. */
		takeEvents: () => events.splice(0).sort(),
	};
};
