/*
One connection or template of the table: 16 words of 32 bits, one cache line, for both address families.

   0-3  client address, big-endian words as signed integers; IPv4 is the first, the others are 0
   4    client port (16)  state as on the wire (8)  rank (8): template, closing, protocol class, state code
   5    [kind of change (4)]  director (8): who announced it last  path (20): as a backup would hold it
   6    marks of the last takeover (4)  [earlier state (8)]  last announced path (20)
   7    timeout in seconds, unsigned
   8    last heard, seconds since the table's origin, unsigned
   9    first heard, seconds since the table's origin, unsigned
  10    milliseconds of last heard (10), of first heard (10), flags (12)
  11    0 (8)  announcements (24, stays at the top)
  12    next in the timing wheel                            [change: when, seconds since the origin, unsigned]
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

/** The table's clock goes no further than this after its origin, some 136 years: seconds have 32 bits, and all of them set stand for never. */
export const longestSeconds = 0xff_ff_ff_fe;

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
	| packUpdatedFlags(flags)
	| ((flags & wire.noCport) >> 6)
	| ((flags & wire.template) >> 6)
	| ((flags & wire.nfct) >> 9)
	| ((flags & wireOther) === 0 ? 0 : entryFlag.other);

/** Those of them that each accepted record replaces, packed alike. */
export const packUpdatedFlags = (flags: number): number => (flags & (wire.inactive | wire.outSeq | wire.inSeq)) >> 6;

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
	/** The new master was not sent it, but had announced it itself before. */
	own: -(2 ** 31),
} as const;

/** The other bits of that word. */
const unmarked = 0x0f_ff_ff_ff;

export const protocolNumber = {ip: 0, tcp: 6, udp: 17, sctp: 132} as const;
const tcpEstablished = 1;
const sctpEstablished = 8;

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

/** Whether an entry holds this path, and was announced last by this director and there. */
export const isEntryOf = (words: Int32Array, at: number, director: number, path: number): boolean =>
	words[at + entryAt.path] === ((director << 20) | path) && (words[at + entryAt.lastPath]! & pathMask) === path;

/** 0 where the slot is free. */
export const entryPath = (words: Int32Array, at: number): number => words[at + entryAt.path]! & pathMask;
export const isEntryUsed = (words: Int32Array, at: number): boolean => words[at + entryAt.path] !== 0;
export const entryLastPath = (words: Int32Array, at: number): number => words[at + entryAt.lastPath]! & pathMask;
export const entryDirector = (words: Int32Array, at: number): number => (words[at + entryAt.path]! >>> 20) & 0xff;
export const entryCport = (words: Int32Array, at: number): number => words[at + entryAt.portState]! >>> 16;
export const entryState = (words: Int32Array, at: number): number => (words[at + entryAt.portState]! >>> 8) & 0xff;
export const entryRank = (words: Int32Array, at: number): number => words[at + entryAt.portState]! & 0xff;
export const entryCode = (words: Int32Array, at: number): number => words[at + entryAt.portState]! & 15;
/** Bits of `entryFlag`. */
export const entryFlags = (words: Int32Array, at: number): number => words[at + entryAt.fractions]! & 0xf_ff;
export const isEntryTemplate = (words: Int32Array, at: number): boolean => (words[at + entryAt.fractions]! & entryFlag.template) !== 0;
export const isEntryIpv6 = (words: Int32Array, at: number): boolean => (words[at + entryAt.fractions]! & entryFlag.ipv6) !== 0;
/** Seconds. */
export const entryTimeout = (words: Int32Array, at: number): number => words[at + entryAt.timeout]! >>> 0;
/** The same without a sign bit of its own: whole numbers stay such, where wrapping does no harm. */
export const entryTimeoutWord = (words: Int32Array, at: number): number => words[at + entryAt.timeout]!;
/** Whole seconds since the table's origin. */
export const entryLastSecond = (words: Int32Array, at: number): number => words[at + entryAt.last]! >>> 0;
export const entryFirstSecond = (words: Int32Array, at: number): number => words[at + entryAt.first]! >>> 0;
/** The same without a sign bit of its own, as `entryTimeoutWord`. */
export const entryLastSecondWord = (words: Int32Array, at: number): number => words[at + entryAt.last]!;
/** Milliseconds beyond that second. */
export const entryLastFraction = (words: Int32Array, at: number): number => words[at + entryAt.fractions]! >>> 22;
/** Milliseconds since the table's origin. */
export const entryLastMs = (words: Int32Array, at: number): number => ((words[at + entryAt.last]! >>> 0) * 1000) + (words[at + entryAt.fractions]! >>> 22);
export const entryFirstMs = (words: Int32Array, at: number): number => ((words[at + entryAt.first]! >>> 0) * 1000) + ((words[at + entryAt.fractions]! >>> 12) & 0x3_ff);
export const entryExpiresMs = (words: Int32Array, at: number): number => entryLastMs(words, at) + (entryTimeout(words, at) * 1000);
export const entryUpdates = (words: Int32Array, at: number): number => words[at + entryAt.updates]! & maxUpdates;
/** `entrySent` (16)  `entryAnnouncedBy` (16). */
export const entryMasks = (words: Int32Array, at: number): number => words[at + entryAt.masks]!;
export const entryAnnouncedBy = (words: Int32Array, at: number): number => words[at + entryAt.masks]! & 0xff_ff;
export const entrySent = (words: Int32Array, at: number): number => words[at + entryAt.masks]! >>> 16;
export const entryPe = (words: Int32Array, at: number): number => words[at + entryAt.rhythm]! & 0xf_ff_ff;
/** Mean interval between announcements in quarter seconds, 0 when there was only one. */
export const entryRhythm = (words: Int32Array, at: number): number => words[at + entryAt.rhythm]! >>> 20;
export const entryRhythmSeconds = (words: Int32Array, at: number): number => entryRhythm(words, at) / 4;
/** Bits of `entryMark`. */
export const entryMarks = (words: Int32Array, at: number): number => words[at + entryAt.lastPath]! & ~unmarked;
/** Links of the timing wheel (`wheel.ts`); of a free slot the first is the next free slot. */
export const entryNext = (words: Int32Array, at: number): number => words[at + entryAt.next]!;
export const entryPrevious = (words: Int32Array, at: number): number => words[at + entryAt.previous]!;

/*
Writing one. What a word holds beside the fields that a setter names stays as it is, unless its name begins with `start`.
*/

/** Takes the slot, since a reader takes a path for an entry that is there: to be written last. */
export const setEntryPath = (words: Int32Array, at: number, director: number, path: number): number => words[at + entryAt.path] = (director << 20) | path;

export const freeEntry = (words: Int32Array, at: number): number => words[at + entryAt.path] = 0;

export const startEntryLastPath = (words: Int32Array, at: number, path: number): number => words[at + entryAt.lastPath] = path;
export const setEntryLastPath = (words: Int32Array, at: number, path: number): number => words[at + entryAt.lastPath] = (words[at + entryAt.lastPath]! & ~unmarked) | path;
export const setEntryMarks = (words: Int32Array, at: number, marks: number): number => words[at + entryAt.lastPath] = (words[at + entryAt.lastPath]! & unmarked) | marks;
export const startEntryPortState = (words: Int32Array, at: number, cport: number, state: number, rank: number): number => words[at + entryAt.portState] = (cport << 16) | (state << 8) | rank;
export const setEntryCport = (words: Int32Array, at: number, port: number): number => words[at + entryAt.portState] = (words[at + entryAt.portState]! & 0xff_ff) | (port << 16);
export const setEntryState = (words: Int32Array, at: number, state: number, rank: number): number => words[at + entryAt.portState] = (words[at + entryAt.portState]! & ~0xff_ff) | (state << 8) | rank;
export const setEntryTimeout = (words: Int32Array, at: number, seconds: number): number => words[at + entryAt.timeout] = seconds;
/** Heard for the first time, in the millisecond `ms` of `second`. */
export const startEntryHeard = (words: Int32Array, at: number, second: number, ms: number, flags: number): void => {
	words[at + entryAt.last] = second;
	words[at + entryAt.first] = second;
	words[at + entryAt.fractions] = (ms << 22) | (ms << 12) | flags;
};

/** Heard again, in the millisecond `ms` of `second`. */
export const setEntryHeard = (words: Int32Array, at: number, second: number, ms: number, flags: number): void => {
	words[at + entryAt.last] = second;
	words[at + entryAt.fractions] = (ms << 22) | (words[at + entryAt.fractions]! & (0x3_ff << 12)) | flags;
};

export const setEntryFlags = (words: Int32Array, at: number, flags: number): number => words[at + entryAt.fractions] = (words[at + entryAt.fractions]! & ~0xf_ff) | flags;
export const startEntryUpdates = (words: Int32Array, at: number): number => words[at + entryAt.updates] = 1;
/** One announcement more. */
export const countEntryUpdate = (words: Int32Array, at: number): void => {
	const updates = words[at + entryAt.updates]! & maxUpdates;
	words[at + entryAt.updates] = updates < maxUpdates ? updates + 1 : updates;
};

export const setEntryMasks = (words: Int32Array, at: number, masks: number): number => words[at + entryAt.masks] = masks;
export const startEntryMasks = (words: Int32Array, at: number, sentMask: number, directorBit: number): number => words[at + entryAt.masks] = (sentMask << 16) | (1 << directorBit);
/** Announced by one more, while those of `sentMask` listened. */
export const addEntryMasks = (words: Int32Array, at: number, sentMask: number, directorBit: number): number => words[at + entryAt.masks]! |= (sentMask << 16) | (1 << directorBit);
export const startEntryRhythm = (words: Int32Array, at: number, pe: number): number => words[at + entryAt.rhythm] = pe;
/** Quarter seconds. */
export const setEntryRhythm = (words: Int32Array, at: number, quarters: number): number => words[at + entryAt.rhythm] = (quarters << 20) | (words[at + entryAt.rhythm]! & 0xf_ff_ff);
export const setEntryNext = (words: Int32Array, at: number, slot: number): number => words[at + entryAt.next] = slot;
export const setEntryPrevious = (words: Int32Array, at: number, link: number): number => words[at + entryAt.previous] = link;

/*
A change or a departed session: a copy of an entry with the words in brackets.
*/
export const changeKindOf = (words: Int32Array, at: number): number => words[at + entryAt.path]! >>> 28;
/** Milliseconds since the table's origin. */
export const changeMs = (words: Int32Array, at: number): number => ((words[at + entryAt.next]! >>> 0) * 1000) + (words[at + entryAt.previous]! >>> 22);
export const changeWasState = (words: Int32Array, at: number): number => (words[at + entryAt.lastPath]! >>> 20) & 0xff;
/** The earlier path of a session that moved, else 0. */
export const changeWasPath = (words: Int32Array, at: number): number => words[at + entryAt.previous]! & pathMask;

/** Makes the copy of an entry at `at` a change, in the millisecond `ms` of `second`. */
export const setChange = (words: Int32Array, at: number, kind: number, second: number, ms: number, wasState: number, wasPath: number): void => {
	words[at + entryAt.path]! |= kind << 28;
	words[at + entryAt.lastPath]! |= wasState << 20;
	words[at + entryAt.next] = second;
	words[at + entryAt.previous] = (ms << 22) | wasPath;
};

/*
The same fields for code that is generated: its word, how far up it stands, its mask.
*/
export type EntryField = {readonly word: number; readonly shift: number; readonly mask: number};

export const entryField = {
	cport: {word: entryAt.portState, shift: 16, mask: 0xff_ff},
	rank: {word: entryAt.portState, shift: 0, mask: 0xff},
	openness: {word: entryAt.portState, shift: 0, mask: rankClosing},
	flags: {word: entryAt.fractions, shift: 0, mask: 0xf_ff},
	lastMs: {word: entryAt.fractions, shift: 22, mask: 0x3_ff},
	firstMs: {word: entryAt.fractions, shift: 12, mask: 0x3_ff},
	updates: {word: entryAt.updates, shift: 0, mask: maxUpdates},
	path: {word: entryAt.path, shift: 0, mask: pathMask},
	lastPath: {word: entryAt.lastPath, shift: 0, mask: pathMask},
	masks: {word: entryAt.masks, shift: 0, mask: -1},
	next: {word: entryAt.next, shift: 0, mask: -1},
	changeKind: {word: entryAt.path, shift: 28, mask: 15},
} as const satisfies Readonly<Record<string, EntryField>>;
