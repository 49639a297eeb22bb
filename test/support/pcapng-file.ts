/* pcapng octet by octet (draft-ietf-opsawg-pcapng), little-endian, for files that no program would write. */

/** A block of a type around its body; `claimed` is the length that it says of itself. */
export const block = (type: number, body: Uint8Array, claimed = body.length + 12): Buffer => {
	const frame = Buffer.alloc(body.length + 12);
	frame.writeUInt32LE(type, 0);
	frame.writeUInt32LE(claimed, 4);
	frame.set(body, 8);
	frame.writeUInt32LE(claimed, body.length + 8);
	return frame;
};

const padded = (octets: Uint8Array): Buffer => Buffer.concat([octets, new Uint8Array((4 - (octets.length % 4)) % 4)]);

type PcapngOption = readonly [code: number, value: Uint8Array];

const optionsOf = (options: readonly PcapngOption[]): Buffer => options.length === 0
	? Buffer.alloc(0)
	: Buffer.concat([...options, [0, new Uint8Array()] as const].flatMap(([code, value]) => {
		const head = Buffer.alloc(4);
		head.writeUInt16LE(code, 0);
		head.writeUInt16LE(value.length, 2);
		return [head, padded(value)];
	}));

/** Codes of options: of any block, of a section, of an interface. */
export const pcapngOption = {comment: 1, hardware: 2, system: 3, application: 4, name: 2, description: 3, filter: 11} as const;

export const sectionOf = (options: readonly PcapngOption[] = []): Buffer => block(0x0a_0d_0d_0a, Buffer.concat([
	Buffer.from('4d3c2b1a01000000ffffffffffffffff', 'hex'), optionsOf(options),
]));

/** An interface of Ethernet. */
export const interfaceOf = (options: readonly PcapngOption[] = []): Buffer => block(1, Buffer.concat([Buffer.from('0100000000000000', 'hex'), optionsOf(options)]));

/** A packet of the first interface. */
export const packetOf = (timeUs: number, octets: Uint8Array, options: readonly PcapngOption[] = []): Buffer => {
	const head = Buffer.alloc(20);
	head.writeUInt32LE(Math.floor(timeUs / 0x1_00_00_00_00), 4);
	head.writeUInt32LE(timeUs % 0x1_00_00_00_00, 8);
	head.writeUInt32LE(octets.length, 12);
	head.writeUInt32LE(octets.length, 16);
	return block(6, Buffer.concat([head, padded(octets), optionsOf(options)]));
};
