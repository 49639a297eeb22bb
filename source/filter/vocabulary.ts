import {allFlagNames, forwardingNames} from '../wire/sync/conn-flags.js';
import {allStateNames, protocolName, protocols} from '../wire/sync/conn-state.js';
import {entryFlag} from '../table/entry.js';

/** The kernel's word for a state that it does not know. */
const unknownState = 'ERR!';
const stateNames: readonly string[] = [...allStateNames, unknownState];

/** Cases and joints do not matter: `time-wait` is TIME_WAIT. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[\-_]/gv, '');

/** What operators type, and what narrow screens show, where it is not the beginning of the name. */
const shortStates = new Map(Object.entries({
	est: 'ESTABLISHED', ss: 'SYN_SENT', sr: 'SYN_RECV', fw: 'FIN_WAIT', tw: 'TIME_WAIT', cl: 'CLOSE', cw: 'CLOSE_WAIT', la: 'LAST_ACK', li: 'LISTEN', sa: 'SYNACK',
	finwt: 'FIN_WAIT', timwt: 'TIME_WAIT', clswt: 'CLOSE_WAIT', synak: 'SYNACK', err: unknownState,
}));

const stateByName = new Map(stateNames.map(name => [plain(name), name]));

/** The state of this full or short name. */
export const exactState = (word: string): string | undefined => stateByName.get(plain(word)) ?? shortStates.get(plain(word));

/** The states that begin so. */
export const statesFrom = (word: string): string[] => stateNames.filter(name => plain(name).startsWith(plain(word)));

/** For lists in messages. */
export const knownStates: readonly string[] = stateNames.map(name => name.toLowerCase());

const protocolByName = new Map<string, number>(Object.entries(protocols));

/** Number of a protocol by name, number or as printed (`IP_50`). */
export const protocolOf = (word: string): number | undefined => {
	const name = word.toLowerCase();
	const digits = /^(?:ip_)?(\d{1,3})$/v.exec(name)?.[1];
	return protocolByName.get(name) ?? (digits !== undefined && Number(digits) < 256 ? Number(digits) : undefined);
};

export const knownProtocols = [...protocolByName.keys()];

/** How a protocol is written in a filter. */
export const protocolWord = (number: number): string => knownProtocols.find(name => protocolByName.get(name) === number) ?? protocolName(number).toLowerCase();

const forwardShort = new Map(Object.entries({nat: 'masq', masquerade: 'masq', tun: 'tunnel', ipip: 'tunnel', dr: 'route', direct: 'route'}));

export const knownForwards: readonly string[] = forwardingNames.map(name => name.toLowerCase());

/** Forwarding method in the spelling of `knownForwards`. */
export const forwardOf = (word: string): string | undefined => {
	const name = word.toLowerCase();
	return knownForwards.includes(name) ? name : forwardShort.get(name);
};

/** Bits of `entryFlag` by the names that outputs use. */
export const entryFlagBits: Readonly<Record<string, number>> = {
	sync: entryFlag.sync, noout: entryFlag.noOutput, inactive: entryFlag.inactive, outseq: entryFlag.outSeq, inseq: entryFlag.inSeq, nocport: entryFlag.noCport,
	template: entryFlag.template, nfct: entryFlag.nfct, 'ill-formed': entryFlag.illFormed, partial: entryFlag.partial, other: entryFlag.other,
};

export const knownFlags: readonly string[] = [...new Set([...Object.keys(entryFlagBits), ...allFlagNames])];
