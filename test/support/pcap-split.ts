/** Header of a pcap file, and of each packet in it (pcap-savefile(5)). */
const fileHeaderOctets = 24;
const packetHeaderOctets = 16;
const lengthAt = 8;

/** Splits a little-endian pcap file in two by a choice per frame; both parts have the header and keep the times. */
export const splitPcap = (octets: Uint8Array, isFirst: (frame: Uint8Array, index: number) => boolean): [first: Uint8Array, second: Uint8Array] => {
	const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
	const header = octets.subarray(0, fileHeaderOctets);
	const parts: [Uint8Array[], Uint8Array[]] = [[header], [header]];
	let index = 0;
	for (let at = fileHeaderOctets; at < octets.length; index++) {
		const end = at + packetHeaderOctets + view.getUint32(at + lengthAt, true);
		parts[isFirst(octets.subarray(at + packetHeaderOctets, end), index) ? 0 : 1].push(octets.subarray(at, end));
		at = end;
	}

	return [Buffer.concat(parts[0]), Buffer.concat(parts[1])];
};
