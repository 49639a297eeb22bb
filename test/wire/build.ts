import {Buffer} from 'node:buffer';
import {createDissector, type DissectorOptions} from '../../source/wire/dissect.js';
import {createDatagram} from '../../source/wire/ip/datagram.js';
import {faultNames, type Fault} from '../../source/wire/fault.js';
import {type AddressClaim, type Advert, type FrameInfo, type GroupReport} from '../../source/wire/observation.js';
import {type Datagram, type Packet} from '../../source/wire/packet.js';
import {createRecordBatch, recordAt, recordWords, type RecordBatch} from '../../source/wire/sync/record-batch.js';
import {decodeSyncMessage} from '../../source/wire/sync/sync-message.js';
import {parseAddress} from '../../source/wire/address.js';

/** `'01 02'` and anything else that is not a hex digit between the octets. */
export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/[^\da-f]/giv, ''), 'hex'));

export const join = (...parts: ReadonlyArray<Uint8Array | readonly number[]>): Uint8Array =>
	Uint8Array.from(parts.flatMap(part => [...part]));

export const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xff_ff)];
export const zeros = (count: number): Uint8Array => new Uint8Array(count);

/** Address in wire order: 4 or 16 octets. */
export const addressOctets = (text: string): number[] => {
	const {family, words} = parseAddress(text)!;
	return [...words.subarray(0, family === 4 ? 1 : 4)].flatMap(word => u32(word));
};

/** One's complement sum as in RFC 1071. */
export const checksum = (octets: Uint8Array): number => {
	let sum = 0;
	for (let index = 0; index < octets.length; index += 2) {
		sum += (octets[index]! << 8) + (octets[index + 1] ?? 0);
	}

	while (sum > 0xff_ff) {
		sum = (sum & 0xff_ff) + (sum >>> 16);
	}

	return ~sum & 0xff_ff;
};

/** The same octets with their checksum at `offset`, summed with `pseudo` in front. */
export const withChecksum = (octets: Uint8Array, offset: number, pseudo: Uint8Array = new Uint8Array()): Uint8Array => {
	const result = Uint8Array.from(octets);
	result.set([0, 0], offset);
	result.set(u16(checksum(join(pseudo, result))), offset);
	return result;
};

export const pseudoHeader = (source: string, destination: string, protocol: number, length: number): Uint8Array =>
	source.includes(':')
		? join(addressOctets(source), addressOctets(destination), u32(length), u32(protocol))
		: join(addressOctets(source), addressOctets(destination), [0, protocol], u16(length));

type Ipv4Options = {
	source?: string;
	destination?: string;
	protocol?: number;
	ttl?: number;
	id?: number;
	/** Offset in octets and whether more follow. */
	fragment?: readonly [offset: number, more: boolean];
	options?: readonly number[];
	totalLength?: number;
};

export const ipv4 = (payload: Uint8Array, {
	source = '10.0.0.1', destination = '224.0.0.81', protocol = 17, ttl = 1, id = 7, fragment = [0, false], options = [], totalLength,
}: Ipv4Options = {}): Uint8Array => join(
	[0x45 + options.length / 4, 0],
	u16(totalLength ?? 20 + options.length + payload.length),
	u16(id),
	u16((fragment[0] / 8) | (fragment[1] ? 0x20_00 : 0)),
	[ttl, protocol, 0, 0],
	addressOctets(source),
	addressOctets(destination),
	options,
	payload,
);

type Ipv6Options = {
	source?: string;
	destination?: string;
	next?: number;
	hopLimit?: number;
	payloadLength?: number;
};

export const ipv6 = (payload: Uint8Array, {
	source = 'fe80::1', destination = 'ff02::81', next = 17, hopLimit = 1, payloadLength,
}: Ipv6Options = {}): Uint8Array => join(
	[0x60, 0, 0, 0],
	u16(payloadLength ?? payload.length),
	[next, hopLimit],
	addressOctets(source),
	addressOctets(destination),
	payload,
);

type UdpOptions = {from?: number; to?: number; length?: number};

export const udp = (payload: Uint8Array, {from = 40_793, to = 8848, length}: UdpOptions = {}): Uint8Array =>
	join(u16(from), u16(to), u16(length ?? 8 + payload.length), [0xea, 0x97], payload);

const macs = hex('01 00 5e 00 00 51 02 00 00 00 00 0a');

export const ethernet = (payload: Uint8Array, type = 0x08_00, tags: readonly number[] = []): Uint8Array =>
	join(macs, tags.flatMap(tag => [...u16(0x81_00), ...u16(tag)]), u16(type), payload);

type V1RecordOptions = {
	type?: number;
	protocol?: number;
	version?: number;
	/** Of the record; the sum of its parts unless given. */
	size?: number;
	flags?: number;
	state?: number;
	ports?: readonly [client: number, virtual: number, destination: number];
	fwmark?: number;
	timeout?: number;
	addresses?: readonly [client: string, virtual: string, destination: string];
	options?: ReadonlyArray<Uint8Array | readonly number[]>;
};

/** A version 1 record, a plain TCP connection in ESTABLISHED unless told otherwise. */
export const recordV1 = ({
	type = 0, protocol = 6, version = 0, size, flags = 0, state = 1, ports = [51_000, 443, 443], fwmark = 0, timeout = 900,
	addresses = type & 1 ? ['2001:db8::7', '2001:db8:1::10', 'fd00::21'] : ['198.51.100.7', '203.0.113.10', '10.0.0.21'], options = [],
}: V1RecordOptions = {}): Uint8Array => {
	const tail = join(addresses.flatMap(text => addressOctets(text)), ...options);
	return join(
		[type, protocol],
		u16((version << 12) | (size ?? 24 + tail.length)),
		u32(flags),
		u16(state),
		ports.flatMap(port => u16(port)),
		u32(fwmark),
		u32(timeout),
		tail,
	);
};

type MessageOptions = {syncid?: number; count?: number; size?: number; version?: number; first?: number; spare?: number};

/** A version 1 message; each record is padded but the last. */
export const messageV1 = (records: readonly Uint8Array[], {
	syncid = 7, count = records.length, size, version = 1, first = 0, spare = 0,
}: MessageOptions = {}): Uint8Array => {
	const body = join(...records.map((record, index) =>
		index === records.length - 1 ? record : join(record, zeros((4 - record.length % 4) % 4))));
	return join([first, syncid], u16(size ?? 8 + body.length), [count & 0xff, version], u16(spare), body);
};

type V0RecordOptions = {
	protocol?: number;
	flags?: number;
	state?: number;
	ports?: readonly [client: number, virtual: number, destination: number];
	addresses?: readonly [client: string, virtual: string, destination: string];
};

export const recordV0 = ({
	protocol = 6, flags = 0, state = 1, ports = [51_000, 80, 80], addresses = ['198.51.100.7', '203.0.113.10', '10.0.0.21'],
}: V0RecordOptions = {}): Uint8Array => join(
	[0, protocol],
	ports.flatMap(port => u16(port)),
	addresses.flatMap(text => addressOctets(text)),
	u16(flags),
	u16(state),
	flags & 0x06_00 ? zeros(24) : [],
);

export const messageV0 = (records: readonly Uint8Array[], {syncid = 7, count = records.length, size}: MessageOptions = {}): Uint8Array => {
	const body = join(...records);
	return join([count, syncid], u16(size ?? 4 + body.length), body);
};

export const viewOf = (octets: Uint8Array): DataView => new DataView(octets.buffer, octets.byteOffset, octets.byteLength);

export const packetOf = (octets: Uint8Array, changes: Partial<Packet> = {}): Packet => ({
	view: viewOf(octets),
	offset: 0,
	length: octets.length,
	originalLength: octets.length,
	timeUs: 1_000_000,
	linkType: 1,
	place: 0,
	...changes,
});

/** A datagram as a joined socket hands it over; `claimedLength` when the capture cut it. */
export const datagramOf = (octets: Uint8Array, claimedLength = octets.length): Datagram => ({
	...createDatagram(),
	destinationPort: 8848,
	view: viewOf(octets),
	length: octets.length,
	claimedLength,
});

export const decode = (octets: Uint8Array, claimedLength?: number): RecordBatch => {
	const batch = createRecordBatch();
	decodeSyncMessage(datagramOf(octets, claimedLength), batch);
	return batch;
};

export const wordOf = (batch: RecordBatch, index: number, name: keyof typeof recordAt): number =>
	batch.words[index * recordWords + recordAt[name]]!;

/** Names of the faults of all records in a batch, 'none' for accepted ones. */
export const recordFaults = (batch: RecordBatch): Fault[] =>
	Array.from({length: batch.count}, (_, index) => faultNames[wordOf(batch, index, 'fault')]!);

/** What a dissector delivered, copied. */
export type Heard = {
	messages: Array<{datagram: Datagram; batch: RecordBatch; payload: Uint8Array}>;
	adverts: Array<{frame: FrameInfo; advert: Advert}>;
	reports: Array<{frame: FrameInfo; report: GroupReport}>;
	claims: Array<{frame: FrameInfo; claim: AddressClaim}>;
	faults: Array<{fault: Fault; frame: FrameInfo}>;
};

export const listen = (options: DissectorOptions = {}) => {
	const heard: Heard = {messages: [], adverts: [], reports: [], claims: [], faults: []};
	const dissector = createDissector(options, {
		sync(datagram, batch) {
			const {view, offset, length} = datagram;
			const payload = new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
			heard.messages.push({datagram: {...structuredClone({...datagram, view: undefined}), view: viewOf(payload)}, batch: structuredClone(batch), payload});
		},
		advert(frame, advert) {
			heard.adverts.push(structuredClone({frame: {...frame, view: undefined}, advert}));
		},
		report(frame, report) {
			heard.reports.push(structuredClone({frame: {...frame, view: undefined}, report}));
		},
		claim(frame, claim) {
			heard.claims.push(structuredClone({frame: {...frame, view: undefined}, claim}));
		},
		fault(fault, frame) {
			heard.faults.push(structuredClone({fault: faultNames[fault]!, frame: {...frame, view: undefined}}));
		},
	});
	return {dissector, heard};
};

/** What comes of these frames. */
export const dissect = (frames: ReadonlyArray<Uint8Array | Packet>, options?: DissectorOptions): Heard => {
	const {dissector, heard} = listen(options);
	for (const frame of frames) {
		dissector.packet(frame instanceof Uint8Array ? packetOf(frame) : frame);
	}

	return heard;
};

export const faultsOf = (heard: Heard): Fault[] => heard.faults.map(({fault}) => fault);
