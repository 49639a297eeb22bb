/*
One connection or template of the table: 16 words of 32 bits, one cache line, for both address families.

   0-3  client address, big-endian words as signed integers; IPv4 is the first, the others are 0
   4    client port (16)  state as on the wire (8)  rank (8): template, closing, protocol class, state code
   5    [kind of change (4)]  director (8): who announced it last  path (20): as a backup would hold it
   6    marks of the last takeover (4)  [earlier state (8)]  last announced path (20)
   7    timeout in seconds, unsigned
   8    last heard, seconds since the table's origin
   9    first heard, seconds since the table's origin
  10    milliseconds of last heard (10), of first heard (10), flags (12)
  11    takeover generation of the last announcement (8)  announcements (24, stays at the top)
  12    next in the timing wheel                            [change: when, seconds since the origin]
  13    previous in the timing wheel                        [change: milliseconds (10)  earlier path (20)]
  14    sent: directors that listened when it was announced (16)  announced by (16)
  15    rhythm (12): mean interval of announcements, quarter seconds  persistence engine data (20)

Changes and departed sessions are copies of an entry with the words in brackets, so one predicate tests all of them.
A path of 0 means that the slot is free.
*/
export const entryWords = 16;
/** An entry's first word is at `slot << entryShift`: a shift stays a 32-bit integer, while each product is checked for overflow. 5 % of an update. */
export const entryShift = 4;

export const entryAt = {
	caddr: 0,
	portState: 4,
	path: 5,
	lastPath: 6,
	timeout: 7,
	last: 8,
	first: 9,
	fractions: 10,
	updates: 11,
	next: 12,
	previous: 13,
	masks: 14,
	rhythm: 15,
} as const;

export const pathMask = 0xf_ff_ff;
export const maxUpdates = 0xff_ff_ff;

/** The flags of an entry; those of the wire are packed to fit. */
export const entryFlag = {
	sync: 0x0_01,
	noOutput: 0x0_02,
	inactive: 0x0_04,
	outSeq: 0x0_08,
	inSeq: 0x0_10,
	noCport: 0x0_20,
	template: 0x0_40,
	nfct: 0x0_80,
	ipv6: 0x1_00,
	/** A client port where there must be none, or the reverse: a kernel would hold duplicates. */
	illFormed: 0x2_00,
	/** The last announcement came in a message that the capture had cut. */
	partial: 0x4_00,
	/** Other bits were set on the wire. */
	other: 0x8_00,
} as const;

const wire = {
	sync: 0x00_20,
	noOutput: 0x00_80,
	inactive: 0x01_00,
	outSeq: 0x02_00,
	inSeq: 0x04_00,
	noCport: 0x08_00,
	template: 0x10_00,
	nfct: 0x1_00_00,
} as const;

/** HASHED and ONE_PACKET, which a kernel clears, and bits without a name. */
const wireOther = ~(0x07 | wire.sync | wire.noOutput | wire.inactive | wire.outSeq | wire.inSeq | wire.noCport | wire.template | wire.nfct);

/** Flags of the wire (Linux include/uapi/linux/ip_vs.h) as flags of an entry. */
export const packFlags = (flags: number): number =>
	((flags & wire.sync) >> 5)
	| ((flags & wire.noOutput) >> 6)
	| ((flags & (wire.inactive | wire.outSeq | wire.inSeq)) >> 6)
	| ((flags & wire.noCport) >> 6)
	| ((flags & wire.template) >> 6)
	| ((flags & wire.nfct) >> 9)
	| ((flags & wireOther) === 0 ? 0 : entryFlag.other);

/** Replaced by each accepted record; all others stay as at creation (IP_VS_CONN_F_BACKUP_UPD_MASK). */
export const updatedFlags = entryFlag.inactive | entryFlag.outSeq | entryFlag.inSeq;

/** Marks of an entry since the last takeover of its directors, in the upper bits of word 6. */
export const entryMark = {
	/** It was open then. */
	held: 1 << 28,
	/** Its real server changed since. */
	moved: 1 << 29,
	/** The new master does not know it, or it was already so at the takeover before and has been silent since. */
	unknown: 1 << 30,
} as const;

/** The other bits of that word. */
const unmarked = 0x0f_ff_ff_ff;

export const protocolNumber = {ip: 0, tcp: 6, udp: 17, sctp: 132} as const;
export const tcpEstablished = 1;
export const sctpEstablished = 8;

/** The columns of the counters: states 0 to 13, then the two states of templates. */
export const stateCodes = 16;
export const stateShift = 4;
export const templateCode = 14;

const rankTemplate = 0x80;
const rankClosing = 0x40;

/**
The low byte of word 4, made so that it sorts: open sessions (ESTABLISHED of TCP and SCTP, all UDP) first, then the others
by protocol and state, templates last.
*/
export const rankOf = (protocol: number, state: number, isTemplate: boolean): number => {
	const kind = protocol === protocolNumber.tcp ? 0 : (protocol === protocolNumber.sctp ? 1 : (protocol === protocolNumber.udp ? 2 : 3));
	if (isTemplate) {
		return rankTemplate | rankClosing | (kind << 4) | (state === 0 ? templateCode : templateCode + 1);
	}

	const isOpen = kind === 2 || (kind === 0 && state === tcpEstablished) || (kind === 1 && state === sctpEstablished);
	return (isOpen ? 0 : rankClosing) | (kind << 4) | (state < templateCode ? state : templateCode - 1);
};

export const isOpenRank = (rank: number): boolean => (rank & rankClosing) === 0;
/** TCP or SCTP in ESTABLISHED: what may be said to have run out. */
export const isEstablishedRank = (rank: number): boolean => (rank & (rankClosing | 0x20)) === 0;
export const codeOfRank = (rank: number): number => rank & 15;

/*
Reading an entry, or a copy of one, whose first word is `words[at]`.
`!`: an offset comes only from the table, so it is in range.
*/
export const entryPath = (words: Int32Array, at: number): number => words[at + entryAt.path]! & pathMask;
export const entryLastPath = (words: Int32Array, at: number): number => words[at + entryAt.lastPath]! & pathMask;
export const entryDirector = (words: Int32Array, at: number): number => (words[at + entryAt.path]! >>> 20) & 0xff;
export const entryCport = (words: Int32Array, at: number): number => words[at + entryAt.portState]! >>> 16;
export const entryState = (words: Int32Array, at: number): number => (words[at + entryAt.portState]! >>> 8) & 0xff;
export const entryRank = (words: Int32Array, at: number): number => words[at + entryAt.portState]! & 0xff;
export const entryCode = (words: Int32Array, at: number): number => words[at + entryAt.portState]! & 15;
export const entryFlags = (words: Int32Array, at: number): number => words[at + entryAt.fractions]! & 0xf_ff;
export const entryTimeout = (words: Int32Array, at: number): number => words[at + entryAt.timeout]! >>> 0;
/** Milliseconds since the table's origin. */
export const entryLastMs = (words: Int32Array, at: number): number => (words[at + entryAt.last]! * 1000) + (words[at + entryAt.fractions]! >>> 22);
export const entryFirstMs = (words: Int32Array, at: number): number => (words[at + entryAt.first]! * 1000) + ((words[at + entryAt.fractions]! >>> 12) & 0x3_ff);
export const entryExpiresMs = (words: Int32Array, at: number): number => entryLastMs(words, at) + (entryTimeout(words, at) * 1000);
export const entryUpdates = (words: Int32Array, at: number): number => words[at + entryAt.updates]! & maxUpdates;
export const entryGeneration = (words: Int32Array, at: number): number => words[at + entryAt.updates]! >>> 24;
export const entryAnnouncedBy = (words: Int32Array, at: number): number => words[at + entryAt.masks]! & 0xff_ff;
export const entrySent = (words: Int32Array, at: number): number => words[at + entryAt.masks]! >>> 16;
export const entryPe = (words: Int32Array, at: number): number => words[at + entryAt.rhythm]! & 0xf_ff_ff;
/** Mean seconds between announcements, 0 when there was only one. */
export const entryRhythmSeconds = (words: Int32Array, at: number): number => (words[at + entryAt.rhythm]! >>> 20) / 4;
/** Bits of `entryMark`. */
export const entryMarks = (words: Int32Array, at: number): number => words[at + entryAt.lastPath]! & ~unmarked;
export const setEntryMarks = (words: Int32Array, at: number, marks: number): void => {
	words[at + entryAt.lastPath] = (words[at + entryAt.lastPath]! & unmarked) | marks;
};
