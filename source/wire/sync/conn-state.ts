/*
Protocols that IPVS forwards, their states, and how long an entry lives in each.
Linux net/netfilter/ipvs/ip_vs_proto_tcp.c, _udp.c, _sctp.c, _ah_esp.c; include/net/ip_vs.h.
*/
export const protocols = {ip: 0, icmp: 1, tcp: 6, udp: 17, esp: 50, ah: 51, icmp6: 58, sctp: 132} as const;

type States = {
	readonly names: readonly string[];
	readonly timeoutsSeconds: readonly number[];
};

const tcp: States = {
	names: ['NONE', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'SYNACK'],
	timeoutsSeconds: [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120],
};

const udp: States = {names: ['UDP'], timeoutsSeconds: [300]};

const sctp: States = {
	names: ['NONE', 'INIT1', 'INIT', 'C-SENT', 'C-REPLIED', 'C-WAIT', 'COOKIE', 'C-ECHOED', 'ESTABLISHED', 'S-SENT', 'S-RECEIVED', 'S-ACK-SENT', 'REJECTED', 'CLOSED'],
	timeoutsSeconds: [2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61],
};

/** One state without a name or a timeout of its own. */
const encapsulated: States = {names: ['ERR!'], timeoutsSeconds: [180]};

const statesOf: Readonly<Record<number, States>> = {
	[protocols.tcp]: tcp,
	[protocols.udp]: udp,
	[protocols.sctp]: sctp,
	[protocols.esp]: encapsulated,
	[protocols.ah]: encapsulated,
};

const templateNames = ['NONE', 'ASSURED'] as const;

/** What a template, or a protocol without a table of timeouts, lives for when the record does not say. */
const defaultTimeoutSeconds = 180;

/** Number of states of each protocol, 0 where a backup has no handler for it. An array for the sake of the decoder. */
export const stateCountByProtocol: Readonly<Uint8Array> = Uint8Array.from(
	{length: 256},
	(_, protocol) => statesOf[protocol]?.names.length ?? 0,
);

export const templateStateCount = templateNames.length;

/** The state as ipvsadm prints it; `ERR!` is the kernel's word for one that it does not know. */
export const stateName = (protocol: number, state: number, template: boolean): string => {
	if (template) {
		return templateNames[state] ?? 'ERR!';
	}

	return statesOf[protocol]?.names[state] ?? (protocol === protocols.ip ? 'NONE' : 'ERR!');
};

/** Every state name that can be printed, without `ERR!`: for filters and completion. */
export const allStateNames: readonly string[] = [...new Set([...tcp.names, ...udp.names, ...sctp.names, ...templateNames])];

/** Seconds that a backup grants when a record says 0 or, in version 0, cannot say. */
export const stateTimeoutSeconds = (protocol: number, state: number, template: boolean): number =>
	template ? defaultTimeoutSeconds : statesOf[protocol]?.timeoutsSeconds[state] ?? defaultTimeoutSeconds;

/** TCP or SCTP in ESTABLISHED: a client notices when this is lost. Not for templates. */
export const isOpen = (protocol: number, state: number): boolean =>
	protocol === protocols.tcp ? state === 1 : protocol === protocols.sctp && state === 8;

const protocolNames: Readonly<Record<number, string>> = {
	[protocols.ip]: 'IP',
	[protocols.icmp]: 'ICMP',
	[protocols.tcp]: 'TCP',
	[protocols.udp]: 'UDP',
	[protocols.icmp6]: 'ICMPv6',
	[protocols.sctp]: 'SCTP',
};

/** The protocol as ipvsadm prints it: TCP, UDP, SCTP, ICMP, ICMPv6, IP (fwmark templates), else IP_n. */
export const protocolName = (protocol: number): string => protocolNames[protocol] ?? `IP_${protocol}`;
