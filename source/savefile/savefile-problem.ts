/** Nothing that captures packets writes longer ones (MAXIMUM_SNAPLEN of libpcap); more than that is a lie. */
export const frameLimit = 262_144;

/** Why the octets cannot be read on. `offset` counts from the start of the stream, to the record that is at fault. */
export type SavefileProblem = {
	/** 'alien': no capture file at all. 'cut': it ends inside a record. 'corrupt': its lengths lie. */
	readonly kind: 'alien' | 'cut' | 'corrupt';
	readonly offset: number;
	/** One line, without the name of the file. */
	readonly problem: string;
};
