/*
Flags of a connection, as sync records carry them.
Linux include/uapi/linux/ip_vs.h, IP_VS_CONN_F_*.
*/
export const connFlags = {
	/** Bits 0 to 2: the forwarding method. */
	forwardingMask: 0x00_07,
	sync: 0x00_20,
	hashed: 0x00_40,
	/** The director does not see the replies. */
	noOutput: 0x00_80,
	inactive: 0x01_00,
	outSequence: 0x02_00,
	inSequence: 0x04_00,
	sequenceMask: 0x06_00,
	/** The client port is not known yet. */
	noClientPort: 0x08_00,
	template: 0x10_00,
	onePacket: 0x20_00,
	/** Netfilter tracks it; beyond the 16 bits that version 0 has. */
	nfct: 0x1_00_00,
	/** Unassigned bits. */
	reservedMask: ~0x1_3f_e7,
} as const;

const nameByFlag: ReadonlyArray<readonly [flag: number, name: string]> = [
	[connFlags.sync, 'sync'],
	[connFlags.hashed, 'hashed'],
	[connFlags.noOutput, 'noout'],
	[connFlags.inactive, 'inactive'],
	[connFlags.outSequence, 'outseq'],
	[connFlags.inSequence, 'inseq'],
	[connFlags.noClientPort, 'nocport'],
	[connFlags.template, 'template'],
	[connFlags.onePacket, 'onepacket'],
	[connFlags.nfct, 'nfct'],
];

/** Names of all flags, in the order of their bits. */
export const allFlagNames: readonly string[] = nameByFlag.map(([, name]) => name);

/** Names of the flags that are set, in the order of their bits. Unassigned bits have none. */
export const flagNames = (flags: number): string[] =>
	nameByFlag.filter(([flag]) => flags & flag).map(([, name]) => name);

/** Forwarding methods by number: to the server by NAT, to the director itself, by IPIP, by MAC address, past IPVS. */
export const forwardingNames = ['Masq', 'Local', 'Tunnel', 'Route', 'Bypass'] as const;

/** The forwarding method in words; '?' for the numbers without meaning, 5 to 7. */
export const forwardingName = (flags: number): string => forwardingNames[flags & connFlags.forwardingMask] ?? '?';
