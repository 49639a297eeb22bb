import {createHashTables, hashShort, hashWord} from '../keyed-hash.js';

/**
Hash of a session's identity: its virtual service by number, client, template bit, persistence engine data by number (in place
of the client port).
*/
export type SessionHash = (service: number, c0: number, c1: number, c2: number, c3: number, cport: number, templateAndPe: number) => number;

/** Where each part of the key begins, in octets. */
const placeOf = {client: 0, port: 16, service: 18, templateAndPe: 20, end: 24} as const;

export const createSessionHash = (seed: number | undefined): SessionHash => {
	const tables = createHashTables(placeOf.end, seed);
	return (service, c0, c1, c2, c3, cport, templateAndPe) => {
		let hash = hashWord(tables, placeOf.client, c0) ^ hashShort(tables, placeOf.port, cport) ^ hashShort(tables, placeOf.service, service);
		if (templateAndPe !== 0) {
			hash ^= hashWord(tables, placeOf.templateAndPe, templateAndPe);
		}

		// An IPv4 client has no further words, and a service is of one family.
		if ((c1 | c2 | c3) !== 0) {
			hash ^= hashWord(tables, placeOf.client + 4, c1) ^ hashWord(tables, placeOf.client + 8, c2) ^ hashWord(tables, placeOf.client + 12, c3);
		}

		return hash;
	};
};
