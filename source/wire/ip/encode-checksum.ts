/** One's complement of a sum of 16-bit words: what goes into a checksum field (RFC 1071). */
export const checksumOf = (sum: number): number => {
	let folded = sum;
	while (folded > 0xff_ff) {
		folded = (folded & 0xff_ff) + Math.floor(folded / 0x1_00_00);
	}

	return ~folded & 0xff_ff;
};
