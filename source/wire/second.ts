/** Microseconds in a second: all times of packets are microseconds, since 1970 or since the host's boot. */
export const secondUs = 1_000_000;
