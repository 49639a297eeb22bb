/** What the table is told beside the records of a message. */
export type TableMessage = {
	/** When it was heard, microseconds since the Unix epoch. */
	nowUs: number;
	/** Number of the segment: where it was heard, with VLAN tags. */
	segment: number;
	/** Who sent it, 0 to 255. */
	director: number;
	/** Place of the sender in the masks of an entry, 0 to 15. */
	directorBit: number;
	/** Bits of the directors that listen now, other than the sender. */
	sentMask: number;
	/** A sender whose sessions stay when the table is full, as long as there are those of others; see `Shares`. */
	known: boolean;
	/** The capture cut the message. */
	partial: boolean;
	/** The octets that the records' offsets of persistence engine data refer to, and where the payload starts in them. */
	view: DataView;
	offset: number;
};

/** The table's clock as its entries hold it: since the table's origin. */
export type Moment = {
	nowMs: number;
	/** The whole second of it, and the milliseconds beyond. */
	second: number;
	ms: number;
};

/** Sets a moment, which is reused for every message. */
export const setMoment = (moment: Moment, nowMs: number): void => {
	moment.nowMs = nowMs;
	moment.second = Math.floor(nowMs / 1000);
	moment.ms = nowMs - (moment.second * 1000);
};

/** One record on its way into the table: where it lies in its batch, and what was found out about it. Reused for every record. */
export type Announcement = {
	/** The words of its batch; its own first one is `words[from]`, laid out by `recordAt`. */
	words: Int32Array;
	from: number;
	/** The ids of its path, of the path's virtual service, and of its persistence engine data (0: none). */
	path: number;
	service: number;
	pe: number;
	/** Hash of its identity. */
	hash: number;
	/** The client port that identifies it: a template with persistence engine data has none. */
	cport: number;
	/** 0, or the entry flag. */
	template: number;
	/** Seconds, unsigned 32 bits in a signed word; what a backup grants when the record does not say. */
	timeout: number;
};
