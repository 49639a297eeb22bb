import {recordAt, recordWords, type RecordBatch} from '../../source/wire/sync/record-batch.js';

/*
Decoded sync messages as a busy pair of directors would send: 32 virtual services with 8 real servers each, births spread over
the run, the other records renewals of random sessions, some with another state. Deterministic.
*/
export type WorkloadOptions = {
	/** Sessions that the run gives birth to. */
	readonly sessions: number;
	/** Records in all. */
	readonly records: number;
	readonly recordsPerMessage?: number;
	/** Share of the records by which all births are done. */
	readonly birthsUntil?: number;
	/** Share of IPv6 sessions. */
	readonly ipv6?: number;
	/** Share of renewals that bring another state. */
	readonly stateChanges?: number;
	/** Seconds that each record asks for. */
	readonly timeoutSeconds?: number;
};

export type Workload = {
	/** Fills a batch with the next message; false at the end. */
	next(batch: RecordBatch): boolean;
};

/** Marsaglia's xorshift with 32 bits: quick, and the same in every run. */
export const createRandom = (seed: number) => {
	let state = seed | 1;
	/** A whole number from 0 to `below` - 1. */
	return (below: number): number => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};
};

const services = 32;
const reals = 8;

/** Fills record words for session number `session`, always the same identity and destination. */
export const fillRecord = (words: Int32Array, from: number, session: number, isIpv6: boolean, state: number, timeoutSeconds: number) => {
	const mixed = Math.imul(session + 1, 0x9e_37_79_b1) >>> 0;
	const service = mixed % services;
	const real = (mixed >>> 8) % reals;
	words.fill(0, from, from + recordWords);
	words[from + recordAt.family] = isIpv6 ? 6 : 4;
	words[from + recordAt.protocol] = 6;
	words[from + recordAt.flags] = state === 1 ? 0x83 : 0x1_83;
	words[from + recordAt.state] = state;
	words[from + recordAt.cport] = 1024 + (session % 60_000);
	words[from + recordAt.vport] = 443;
	words[from + recordAt.dport] = 8443;
	words[from + recordAt.timeoutSeconds] = timeoutSeconds;
	words[from + recordAt.peDataOffset] = -1;
	words[from + recordAt.peNameOffset] = -1;
	if (isIpv6) {
		const prefix = 0x20_01_0d_b8;
		words[from + recordAt.caddr] = prefix;
		words[from + recordAt.caddr + 1] = mixed & 0xff_ff;
		words[from + recordAt.caddr + 3] = session;
		words[from + recordAt.vaddr] = prefix;
		words[from + recordAt.vaddr + 3] = service + 1;
		words[from + recordAt.daddr] = prefix;
		words[from + recordAt.daddr + 3] = 0x1_00_00 + (service * reals) + real;
	} else {
		words[from + recordAt.caddr] = mixed | 0;
		words[from + recordAt.vaddr] = 0xc0_00_02_01 + service;
		words[from + recordAt.daddr] = 0x0a_00_00_01 + (service << 8) + real;
	}
};

export const createWorkload = ({
	sessions, records, recordsPerMessage = 40, birthsUntil = 0.6, ipv6 = 0, stateChanges = 0.1, timeoutSeconds = 900,
}: WorkloadOptions): Workload => {
	const random = createRandom(20_261_122);
	const birthEvery = (records * birthsUntil) / sessions;
	let made = 0;
	let born = 0;
	return {
		next(batch) {
			if (made >= records) {
				return false;
			}

			const count = Math.min(recordsPerMessage, records - made);
			for (let record = 0; record < count; record += 1) {
				const isBirth = born < sessions && (born === 0 || made >= born * birthEvery);
				const session = isBirth ? born : random(born);
				born += isBirth ? 1 : 0;
				const changes = !isBirth && random(1000) < stateChanges * 1000;
				const state = changes ? 4 : 1;
				fillRecord(batch.words, record * recordWords, session, session % 100 < ipv6 * 100, state, state === 1 ? timeoutSeconds : Math.min(timeoutSeconds, 120));
				made += 1;
			}

			batch.count = count;
			return true;
		},
	};
};
