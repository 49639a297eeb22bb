/*
Mutates captured packets and feeds them to a dissector: bits, lengths, cuts, splices. Same seed, same packets.

	node --import=tsx test/wire/fuzz.ts --packets 10000000 --seed 1
*/
import {argv, resourceUsage} from 'node:process';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {createDissector} from '../../source/wire/dissect.js';
import {faultNames} from '../../source/wire/fault.js';
import {type Datagram, type Packet} from '../../source/wire/packet.js';
import {maxRecords, recordAt, recordWords, type RecordBatch} from '../../source/wire/record-batch.js';
import {ethernet, ipv4, ipv6, join, messageV0, messageV1, packetOf, recordV0, recordV1, u16, u32, udp} from './build.js';
import {readCapture} from './read-capture.js';

export type FuzzResult = {
	packets: number;
	messages: number;
	records: number;
	adverts: number;
	reports: number;
	claims: number;
	/** How often each fault was named: of packets, messages, rests of messages and records. */
	faultsByName: Record<string, number>;
	/** The longest that one packet took, scheduling and garbage collection included. */
	slowestUs: number;
};

/** Marsaglia's xorshift: quick, and the same on every machine. */
const createRandom = (seed: number) => {
	let state = seed | 0 || 1;
	/** A whole number from 0 to `bound` - 1. */
	return (bound: number): number => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % bound;
	};
};

const fragmented = (): Packet[] => {
	const datagram = udp(messageV1(Array.from({length: 100}, () => recordV1())));
	return [0, 1480, 2960].flatMap(at => {
		const part = datagram.subarray(at, at + 1480);
		const more = at + 1480 < datagram.length;
		return [
			packetOf(ethernet(ipv4(part, {fragment: [at, more]}))),
			packetOf(ethernet(ipv6(join([17, 0], u16(at | Number(more)), u32(1), part), {next: 44}), 0x86_dd)),
		];
	});
};

/** Real packets of every kind, and what the captures lack: fragments, options, sequence numbers. */
export const defaultCorpus = (): Packet[] => {
	const names = ['v0.pcap', 'ipv6-short.pcap', 'persistence.pcap', 'link.sll.pcap', 'link.sll2.pcap', 'link-vlan.vlan.pcap', 'failover-nopreempt.pcap'];
	const sip = [[2, 3, 0x61, 0x62, 0x63], [3, 3, 0x73, 0x69, 0x70]];
	return [
		...names.flatMap(name => readCapture(name)),
		...fragmented(),
		packetOf(ethernet(ipv4(udp(messageV1([recordV1({flags: 0x10_00, ports: [0, 1, 1], options: sip}), recordV1({type: 1})]))))),
		packetOf(ethernet(ipv4(udp(messageV0([recordV0({flags: 0x06_00}), recordV0()]))))),
	];
};

const largest = 4096;
/** Values at the edges of 8- and 16-bit fields. */
const edges = [0, 1, 2, 7, 8, 20, 24, 35, 36, 37, 71, 72, 127, 128, 254, 255, 256, 1500, 4095, 4096, 32_767, 32_768, 65_534, 65_535];

const assertInside = (datagram: Datagram, batch: RecordBatch): void => {
	const {words, count} = batch;
	if (count > maxRecords || datagram.offset < 0 || datagram.offset + datagram.length > datagram.view.byteLength || batch.trailing < 0) {
		throw new Error('A datagram beyond its octets');
	}

	for (let index = 0; index < count; index++) {
		const base = index * recordWords;
		if (words[base + recordAt.recordOffset]! + words[base + recordAt.recordLength]! > datagram.length
			|| words[base + recordAt.peDataOffset]! + words[base + recordAt.peDataLength]! > datagram.length
			|| words[base + recordAt.peNameOffset]! + words[base + recordAt.peNameLength]! > datagram.length) {
			throw new Error('A record beyond its datagram');
		}
	}
};

/** Throws when the dissector does, or when it points outside a packet. */
export const fuzz = ({seed, packets, corpus}: {seed: number; packets: number; corpus: readonly Packet[]}): FuzzResult => {
	const random = createRandom(seed);
	const buffer = new Uint8Array(largest);
	const view = new DataView(buffer.buffer);
	const seeds = corpus.map(packet => ({
		octets: new Uint8Array(packet.view.buffer, packet.view.byteOffset + packet.offset, Math.min(packet.length, largest)),
		linkType: packet.linkType,
	}));
	const faultCounts = Array.from(faultNames, () => 0);
	const result: FuzzResult = {packets, messages: 0, records: 0, adverts: 0, reports: 0, claims: 0, faultsByName: {}, slowestUs: 0};

	const dissector = createDissector({}, {
		sync(datagram, batch) {
			assertInside(datagram, batch);
			result.messages++;
			result.records += batch.count;
			faultCounts[batch.messageFault]!++;
			faultCounts[batch.restFault]!++;
			for (let index = 0; index < batch.count; index++) {
				faultCounts[batch.words[index * recordWords]!]!++;
			}
		},
		advert() {
			result.adverts++;
		},
		report() {
			result.reports++;
		},
		claim() {
			result.claims++;
		},
		fault(fault) {
			faultCounts[fault]!++;
		},
	});

	const packet: Packet = {view, offset: 0, length: 0, originalLength: 0, timeUs: 0, linkType: 1, place: 0};

	/** One change of the octets in `buffer`; gives the new length. */
	const mutate = (length: number): number => {
		const at = random(length);
		switch (random(8)) {
			case 0:
			case 1: {
				buffer[at]! ^= 1 << random(8);
				return length;
			}

			case 2: {
				buffer[at] = random(256);
				return length;
			}

			case 3: {
				buffer[at] = edges[random(16)]!;
				return length;
			}

			case 4: {
				if (at + 2 <= length) {
					view.setUint16(at, edges[random(edges.length)]!);
				}

				return length;
			}

			case 5: {
				return at + 1;
			}

			case 6: {
				// The end of another packet takes the place of this one's.
				const {octets} = seeds[random(seeds.length)]!;
				const from = random(octets.length);
				const count = Math.min(octets.length - from, largest - at);
				buffer.set(octets.subarray(from, from + count), at);
				return at + count;
			}

			default: {
				// A stretch is repeated further on.
				const to = random(length);
				buffer.copyWithin(to, at, Math.min(length, at + random(64)));
				return length;
			}
		}
	};

	/** Makes the lengths of an untagged IPv4 sync packet true again, so that what was bent further in is reached. */
	const repair = (length: number): void => {
		if (length >= 46 && view.getUint16(12) === 0x08_00 && buffer[14] === 0x45 && buffer[23] === 17) {
			view.setUint16(16, length - 14);
			view.setUint16(38, length - 34);
			view.setUint16(44, length - 42);
		}
	};

	for (let index = 0; index < packets; index++) {
		const {octets, linkType} = seeds[random(seeds.length)]!;
		buffer.set(octets);
		let {length} = octets;
		for (let changes = random(4); changes >= 0; changes--) {
			length = mutate(length);
		}

		if (random(2) === 0) {
			repair(length);
		}

		packet.length = length;
		packet.originalLength = random(8) === 0 ? length + random(2000) : length;
		packet.linkType = random(64) === 0 ? edges[random(edges.length)]! : linkType;
		packet.timeUs += random(20_000);
		const start = performance.now();
		dissector.packet(packet);
		result.slowestUs = Math.max(result.slowestUs, (performance.now() - start) * 1000);
	}

	result.slowestUs = Math.round(result.slowestUs);
	for (const [code, count] of faultCounts.entries()) {
		if (code !== 0 && count > 0) {
			result.faultsByName[faultNames[code]!] = count;
		}
	}

	return result;
};

if (argv[1] === fileURLToPath(import.meta.url)) {
	const {values} = parseArgs({options: {packets: {type: 'string', default: '1000000'}, seed: {type: 'string', default: '1'}}});
	const start = performance.now();
	const result = fuzz({seed: Number(values.seed), packets: Number(values.packets), corpus: defaultCorpus()});
	console.log({...result, seconds: Math.round(performance.now() - start) / 1000, peakRssMiB: Math.round(resourceUsage().maxRSS / 1024)});
}
