/*
The records of one sync message, decoded into one flat array so that the table can work through them in phases
(read all, look up all, apply all): cache misses then overlap, which doubles the update rate.

Each record takes 32 words. Everything is a signed 32-bit integer: unsigned values above 2^31 would become heap numbers.
*/
export const recordWords = 32;
/** The first word of record `index` is at `index << recordShift`. */
export const recordShift = 5;

/** What each word of a record holds. */
export const recordAt = {
	/** Code of the fault (`faultCode`) that refused it, 0 when a strict backup would accept it. */
	fault: 0,
	/** 4 or 6. */
	family: 1,
	protocol: 2,
	/** As on the wire, all bits. */
	flags: 3,
	state: 4,
	cport: 5,
	vport: 6,
	dport: 7,
	fwmark: 8,
	/** Seconds, an unsigned 32-bit value in a signed word; 0 leaves it to the receiver. */
	timeoutSeconds: 9,
	caddr: 10,
	vaddr: 14,
	daddr: 18,
	/** Where the persistence engine's data lies in the payload, -1 when there is none. */
	peDataOffset: 22,
	peDataLength: 23,
	peNameOffset: 24,
	/** Octets before the first NUL. */
	peNameLength: 25,
	/** Bits of `anomaly`. */
	anomalies: 26,
	/** Where the record starts in the payload and how long it is with its options. */
	recordOffset: 27,
	recordLength: 28,
	/** Words 29 to 31 are the table's to scribble on. */
	scratch: 29,
} as const;

/** What was odd about a record or its message without being a reason to refuse it. */
export const anomaly = {
	portWithoutFlag: 1, // Client port 0 without NO_CPORT, or NO_CPORT with a port: a kernel makes duplicates
	templateShape: 2, // A template with a client port, or PE data on a connection
	typeBits: 4, // An odd type other than 1
	forwarding: 8, // Forwarding method 5 to 7
	address: 16, // Multicast, loopback or 0.0.0.0 where an endpoint should be
	reservedFlags: 32,
} as const;

/** The most records that fit into the largest datagram: 65507 octets of version 0 records. */
export const maxRecords = 2730;

/** Borrowed: overwritten by the next message. */
export type RecordBatch = {
	/** `maxRecords` records of `recordWords` words. */
	readonly words: Int32Array;
	/** Records decoded, accepted and refused ones. */
	count: number;
	version: 0 | 1;
	syncid: number;
	/** The header's own count of records. */
	claimedCount: number;
	/** The header's size field. */
	size: number;
	/** Fault that dropped the message whole; then `count` is 0. */
	messageFault: number;
	/** Fault that stopped the walk, so that the rest was dropped; the records before it count. */
	restFault: number;
	/** Octets after the last record. */
	trailing: number;
	/** The capture cut the message: complete records are here. */
	partial: boolean;
};

export const createRecordBatch = (): RecordBatch => ({
	words: new Int32Array(maxRecords * recordWords),
	count: 0,
	version: 1,
	syncid: 0,
	claimedCount: 0,
	size: 0,
	messageFault: 0,
	restFault: 0,
	trailing: 0,
	partial: false,
});
