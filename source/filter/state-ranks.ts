import {stateName} from '../wire/sync/conn-state.js';
import {protocolNumber, templateCode} from '../table/entry.js';

const rankTemplate = 0x80;
const protocolByKind = [protocolNumber.tcp, protocolNumber.sctp, protocolNumber.udp] as const;
/** Stands for protocols without a handler: ESP and AH have one state, which has no name. */
const encapsulated = 50;

/** The rank's bits for template and protocol, to be joined with the code of another state than the entry's own. */
export const rankKindBits = 0xb0;

/** Name of the state that a rank, the low byte of word 4, stands for. */
const nameOfRank = (rank: number): string => {
	const code = rank & 15;
	if ((rank & rankTemplate) !== 0) {
		return stateName(0, Math.max(0, code - templateCode), true);
	}

	return stateName(protocolByKind[(rank >> 4) & 3] ?? encapsulated, code, false);
};

/** The ranks whose states have names that pass: a look-up in 256 answers is all that an entry costs. */
export const ranksOf = (passes: (name: string) => boolean): Uint8Array => Uint8Array.from({length: 256}, (_, rank) => passes(nameOfRank(rank)) ? 1 : 0);
