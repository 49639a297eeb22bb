/**
A captured frame, as every capture source hands it over. Borrowed: the source reuses the object and the octets behind
`view`, so copy what you keep.
*/
export type Packet = {
	view: DataView;
	/** Where the frame starts in `view`. */
	offset: number;
	/** Octets that were captured. */
	length: number;
	/** Octets that were on the wire; more than `length` where the capture cut the frame. */
	originalLength: number;
	/** Microseconds since the Unix epoch, a whole number. */
	timeUs: number;
	/** LINKTYPE_ number as in a pcap file. */
	linkType: number;
	/** Number of the place where it was heard (interface, file or stream), given by the source; VLAN tags come on top. */
	place: number;
	/** What somebody wrote to it in a file; undefined for nearly all. */
	comments?: readonly string[] | undefined;
};

/** Addresses are four 32-bit words, big-endian, as signed integers; IPv4 is the first word, the others are 0. */
export type AddressWords = Int32Array;

export const family = {ipv4: 4, ipv6: 6} as const;
export type Family = 4 | 6;

/**
A UDP payload with what its headers said. Borrowed, like the packet it came from.
A joined socket fills in what it knows: no MAC, no tags, hop limit and IPv4 identification -1.
*/
export type Datagram = {
	timeUs: number;
	place: number;
	/** VLAN ids and tunnels (`link/tunnels.ts`), outermost first; `tagCount` of them count. */
	tags: Int32Array;
	tagCount: number;
	family: Family;
	source: AddressWords;
	destination: AddressWords;
	sourcePort: number;
	destinationPort: number;
	/** TTL or hop limit, -1 when unknown. */
	hopLimit: number;
	/** IPv4 identification, -1 when unknown or IPv6. */
	identification: number;
	/** Source MAC as its upper 16 and lower 32 bits, -1 and 0 when unknown. */
	sourceMacHigh: number;
	sourceMacLow: number;
	/** Where the UDP payload lies. */
	view: DataView;
	offset: number;
	/** Octets of the payload that were captured. */
	length: number;
	/** Octets of the payload that the headers promise; more than `length` where the capture cut it. */
	claimedLength: number;
	/** The frame was sent by the host that captured it (SLL packet type 4). */
	outgoing: boolean;
	/** It came as several IP fragments. */
	fragmented: boolean;
};
