import {readFileSync} from 'node:fs';
import {type Packet} from '../../source/wire/packet.js';

/** Where the captures are. */
export const captureUrl = (name: string): URL => new URL(`../captures/${name}`, import.meta.url);

type Reader = {view: DataView; littleEndian: boolean};

/** One packet, on its own view. */
const packetAt = ({view}: Reader, offset: number, length: number, originalLength: number, timeUs: number, linkType: number): Packet => ({
	view,
	offset,
	length,
	originalLength,
	timeUs,
	linkType,
	place: 0,
});

const readPcap = (reader: Reader, nanoseconds: boolean): Packet[] => {
	const {view, littleEndian} = reader;
	const linkType = view.getUint32(20, littleEndian) & 0xff_ff;
	const packets: Packet[] = [];
	for (let offset = 24; offset + 16 <= view.byteLength;) {
		const fraction = view.getUint32(offset + 4, littleEndian);
		const timeUs = view.getUint32(offset, littleEndian) * 1e6 + (nanoseconds ? Math.floor(fraction / 1000) : fraction);
		const length = view.getUint32(offset + 8, littleEndian);
		packets.push(packetAt(reader, offset + 16, length, view.getUint32(offset + 12, littleEndian), timeUs, linkType));
		offset += 16 + length;
	}

	return packets;
};

/** Enhanced packet blocks of one little-endian section with one interface: what dumpcap writes here. */
const readPcapng = (reader: Reader): Packet[] => {
	const {view} = reader;
	const packets: Packet[] = [];
	let linkType = 0;
	let unitsPerUs = 1n;
	for (let offset = 0; offset + 12 <= view.byteLength; offset += view.getUint32(offset + 4, true)) {
		const type = view.getUint32(offset, true);
		if (type === 1) {
			linkType = view.getUint16(offset + 8, true);
			const end = offset + view.getUint32(offset + 4, true) - 4;
			for (let at = offset + 16; at + 4 <= end; at += 4 + ((view.getUint16(at + 2, true) + 3) & ~3)) {
				if (view.getUint16(at, true) === 9) {
					unitsPerUs = 10n ** BigInt(view.getUint8(at + 4) - 6);
				}
			}
		} else if (type === 6) {
			const units = (BigInt(view.getUint32(offset + 12, true)) << 32n) | BigInt(view.getUint32(offset + 16, true));
			const length = view.getUint32(offset + 20, true);
			packets.push(packetAt(reader, offset + 28, length, view.getUint32(offset + 24, true), Number(units / unitsPerUs), linkType));
		}
	}

	return packets;
};

/** All packets of a well-formed capture among the test captures. */
export const readCapture = (name: string): Packet[] => {
	const octets = readFileSync(captureUrl(name));
	const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
	const magic = view.getUint32(0);
	const littleEndian = magic === 0xd4_c3_b2_a1 || magic === 0x4d_3c_b2_a1;
	return magic === 0x0a_0d_0d_0a
		? readPcapng({view, littleEndian: true})
		: readPcap({view, littleEndian}, magic === 0x4d_3c_b2_a1 || magic === 0xa1_b2_3c_4d);
};
