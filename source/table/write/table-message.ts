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
	/** A sender that is to be trusted with more than its share of the common tenth. */
	known: boolean;
	/** The capture cut the message. */
	partial: boolean;
	/** Number of takeovers so far, modulo 256. */
	takeoverGeneration: number;
	/** The octets that the records' offsets of persistence engine data refer to, and where the payload starts in them. */
	view: DataView;
	offset: number;
};
