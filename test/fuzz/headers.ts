import {checksum, join, u16, u32} from '../wire/build.js';

/* Just enough of the layers to bend them on purpose and to make lengths and checksums true again. Written apart from the decoder. */

const ethernet = 1;
/** Octets of the link header, for the link types that have one of a fixed size. */
const fixedLinkOctets: Readonly<Record<number, number>> = {0: 4, 12: 0, 14: 0, 101: 0, 108: 4, 113: 16, 228: 0, 229: 0, 276: 20};
export const linkTypes: readonly number[] = [ethernet, ...Object.keys(fixedLinkOctets).map(Number)];

export type Layers = {
	/** Where the IP header begins. */
	readonly network: number;
	readonly version: 4 | 6;
	/** Where its payload begins, extension headers included. */
	readonly transport: number;
	readonly protocol: number;
};

/** Finds the IP header of a frame; undefined where there is none. */
export const layersOf = (octets: Uint8Array, linkType: number): Layers | undefined => {
	const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
	let network = fixedLinkOctets[linkType] ?? 14;
	if (linkType === ethernet) {
		while (network + 4 <= octets.length && (view.getUint16(network - 2) === 0x81_00 || view.getUint16(network - 2) === 0x88_a8)) {
			network += 4;
		}
	}

	const version = (octets[network] ?? 0) >> 4;
	if (version === 4 && octets.length >= network + 20) {
		const transport = network + ((octets[network]! & 0x0f) * 4);
		return transport < network + 20 || transport > octets.length ? undefined : {network, version, transport, protocol: octets[network + 9]!};
	}

	return version === 6 && octets.length >= network + 40
		? {network, version, transport: network + 40, protocol: octets[network + 6]!}
		: undefined;
};

/** The link header of a frame that carries this version of IP. */
export const linkHeader = (linkType: number, version: 4 | 6): Uint8Array => {
	const type = u16(version === 4 ? 0x08_00 : 0x86_dd);
	switch (linkType) {
		case ethernet: {
			return join([1, 0, 0x5e, 0, 0, 0x51, 2, 0, 0, 0, 0, 0x0a], type);
		}

		case 113: {
			return join([0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x0a, 0, 0], type);
		}

		case 276: {
			return join(type, [0, 0, 0, 0, 0, 2, 0, 1, 1, 6, 2, 0, 0, 0, 0, 0x0a, 0, 0]);
		}

		case 0:
		case 108: {
			return Uint8Array.from(u32(version === 4 ? 2 : 10));
		}

		default: {
			return new Uint8Array(0);
		}
	}
};

const vrrp = 112;
const igmp = 2;
const udp = 17;
const icmp6 = 58;
const checksumAt: Readonly<Record<number, number>> = {[vrrp]: 6, [igmp]: 2, [icmp6]: 2};

/** Where the payload begins behind extension headers and AH, and what it is. */
const payloadOf = (octets: Uint8Array, {transport, protocol}: Layers): {readonly at: number; readonly protocol: number} => {
	let at = transport;
	let kind = protocol;
	while ([0, 43, 44, 60, 51].includes(kind) && at + 8 <= octets.length) {
		const length = kind === 51 ? (octets[at + 1]! + 2) * 4 : (kind === 44 ? 8 : (octets[at + 1]! + 1) * 8);
		kind = octets[at]!;
		at += length;
	}

	return {at, protocol: kind};
};

/** Makes the lengths and checksums of a frame true again, so that what was bent further in is reached. Writes into `octets`. */
export const repair = (octets: Uint8Array, linkType: number): void => {
	const layers = layersOf(octets, linkType);
	if (!layers) {
		return;
	}

	const {network, version} = layers;
	const {at, protocol} = payloadOf(octets, layers);
	octets.set(version === 4 ? u16(octets.length - network) : u16(octets.length - network - 40), network + (version === 4 ? 2 : 4));
	if (at + 8 > octets.length) {
		return;
	}

	const payload = octets.subarray(at);
	if (protocol === udp) {
		payload.set(u16(payload.length), 4);
		if (payload.length >= 12) {
			payload.set(u16(payload.length - 8), 10);
		}
	} else if (checksumAt[protocol] !== undefined) {
		const source = octets.subarray(network + (version === 4 ? 12 : 8), network + (version === 4 ? 20 : 40));
		const hasPseudo = protocol === icmp6 || (protocol === vrrp && payload[0]! >> 4 === 3);
		const pseudo = hasPseudo ? join(source, u32(payload.length), u32(protocol)) : [];
		payload.set([0, 0], checksumAt[protocol]);
		payload.set(u16(checksum(join(pseudo, payload))), checksumAt[protocol]);
	}
};

/** Where the octets of a sync message begin, when the frame seems to hold one; -1 when not. */
export const syncAt = (octets: Uint8Array, linkType: number): number => {
	const layers = layersOf(octets, linkType);
	if (!layers) {
		return -1;
	}

	const {at, protocol} = payloadOf(octets, layers);
	const port = ((octets[at + 2] ?? 0) << 8) | (octets[at + 3] ?? 0);
	return protocol === udp && at + 16 <= octets.length && port >= 8848 && port < 8912 ? at + 8 : -1;
};
