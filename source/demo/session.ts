import {connFlags} from '../wire/sync/conn-flags.js';
import {protocols, stateTimeoutSeconds} from '../wire/sync/conn-state.js';
import {type SentRecord} from '../wire/sync/encode-sync.js';
import {type AddressWords} from '../wire/packet.js';
import {type SimulatedService} from './network.js';

export const tcpState = {established: 1, finWait: 4, timeWait: 5, close: 6, closeWait: 7} as const;
const assured = 1;

/** What a director's kernel holds of a session: nothing, an entry it made itself, one that a record made. */
type Knowledge = 'none' | 'own' | 'synced';

export type Session = {
	readonly service: SimulatedService;
	readonly client: AddressWords;
	/** The client's network, as the template of a persistent service keeps it. */
	readonly network: AddressWords;
	readonly cport: number;
	realServer: AddressWords;
	/** Of the client, as the master has counted them. */
	packets: number;
	readonly packetUs: number;
	endsAtUs: number;
	/** By number of the director. */
	readonly known: Knowledge[];
	/** Changes with every plan, so that what was planned before is void. */
	plan: number;
};

/** Forwarding method 3, whose replies the director does not see; masquerading is 0. */
const route = 3;

const flagsOf = (service: SimulatedService, knowledge: Knowledge | undefined): number =>
	(service.forwarding === 'route' ? route | connFlags.noOutput : 0)
	| (knowledge === 'synced' ? connFlags.sync : 0);

/** As set with `ipvsadm --set 0 0 120`: the default, 300, is long for answers of a name server. */
const udpTimeoutSeconds = 120;

/** The record of a session in a state, as a director announces it that knows the session in this way. */
export const sessionRecord = (session: Session, state: number, knowledge: Knowledge | undefined): SentRecord => {
	const {service} = session;
	// The inactive flag is that of the real server until TCP is established, and UDP never clears it
	const inactive = service.protocol === protocols.udp || state !== tcpState.established;
	return {
		family: service.family,
		protocol: service.protocol,
		flags: flagsOf(service, knowledge) | (inactive ? connFlags.inactive : 0),
		state,
		cport: session.cport,
		vport: service.vport,
		dport: service.dport,
		fwmark: service.fwmark,
		timeoutSeconds: service.protocol === protocols.udp ? udpTimeoutSeconds : stateTimeoutSeconds(service.protocol, state, false),
		caddr: session.client,
		vaddr: service.vaddr,
		daddr: session.realServer,
	};
};

/** The client's network as the template of a persistent service keeps it. IPv4 only. */
export const persistentNetwork = (service: SimulatedService, client: AddressWords): AddressWords =>
	Int32Array.of(client[0]! & -(2 ** (32 - service.persistenceBits)), 0, 0, 0);

/** The record of the template behind a session, shaped as ip_vs_sched_persist in ip_vs_core.c makes it. */
export const templateRecord = (session: Session, knowledge: Knowledge | undefined): SentRecord => {
	const {service} = session;
	const byMark = service.fwmark > 0;
	return {
		family: service.family,
		protocol: byMark ? protocols.ip : service.protocol,
		flags: flagsOf(service, knowledge) | connFlags.inactive | connFlags.template,
		state: assured,
		cport: 0,
		vport: byMark ? 0 : service.vport,
		dport: byMark ? 0 : service.dport,
		fwmark: service.fwmark,
		timeoutSeconds: service.persistenceSeconds,
		caddr: session.network,
		vaddr: byMark ? Int32Array.of(service.fwmark, 0, 0, 0) : service.vaddr,
		daddr: session.realServer,
	};
};
