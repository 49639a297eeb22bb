import {fullSight} from '../../source/capture/source.js';
import {decodeValue, CheckpointError} from '../../source/checkpoint/shape.js';
import {indexShape} from '../../source/log/folder.js';
import {createSegmentReader, createSegmentWriter} from '../../source/log/segment.js';
import {createTestEngine} from '../support/replay-engine.js';
import {datagramOf, messageV1, recordV1} from '../wire/build.js';
import {readCapture} from '../wire/read-capture.js';
import {bendOctets} from './bend-octets.js';
import {bendSavefile} from './bend-savefile.js';
import {smallerOctets} from './minimise.js';
import {mix, mixLarge, must, type Target} from './target.js';

/** What a segment holds: a digest of each item, and why it ended, '' where all was read. */
type Contents = {readonly items: readonly number[]; readonly problem: string; readonly offset: number};

const read = (octets: Uint8Array, sizeOf: (piece: number) => number): Contents => {
	const reader = createSegmentReader();
	const items: number[] = [];
	for (let at = 0, piece = 0; at < octets.length; piece++) {
		const size = sizeOf(piece);
		reader.push(octets.slice(at, at + size));
		at += size;
		for (let item = reader.next(); item !== 'more'; item = reader.next()) {
			if (typeof item === 'string') {
				must(item.length > 0 && item.length < 200 && !/\p{Cc}/v.test(item), 'a problem that is not said in a line');
				must(reader.next() === item, 'a problem that is not final');
				return {items, problem: item, offset: reader.offset()};
			}

			let digest = mixLarge(item.kind.length, item.timeUs);
			if (item.kind === 'aside') {
				digest = Array.from(JSON.stringify(item.aside)).reduce((sum, character) => mix(sum, character.codePointAt(0)!), digest);
			} else {
				const {view, offset, length} = item.kind === 'packet' ? item.packet : item.datagram;
				must(offset >= 0 && length >= 0 && offset + length <= view.byteLength, 'a frame beyond its octets');
				for (let octet = offset; octet < offset + length; octet++) {
					digest = mix(digest, view.getUint8(octet));
				}
			}

			items.push(digest);
			must(items.length <= octets.length / 12, 'more items than fit into the segment');
		}
	}

	must(reader.offset() <= octets.length, 'more was read than there is');
	return {items, problem: '', offset: reader.offset()};
};

/** Segments of a log: read in pieces they hold the same, and an engine takes whatever they say. An index is refused, or holds what its shape says. */
export const createSegmentTarget = (): Target<Uint8Array> => ({
	name: 'segment',
	covers: /\/source\/log\/(?:segment|folder)\.ts/v,
	batch: 64,
	memoryLimit: 64 * 2 ** 20,
	seeds() {
		const places = [{name: 'eth0', state: 'up', detail: '', drops: 0, sight: fullSight, kind: 'libpcap', address: '192.0.2.5/24'}, {name: 'joined', state: 'up', detail: '', drops: 0, sight: fullSight, kind: 'joined', address: ''}] as const;
		const writer = createSegmentWriter('test', 1_795_305_600_000_000, [...places]);
		for (const packet of readCapture('v0.pcap').slice(0, 3)) {
			writer.packet(packet);
		}

		writer.aside(1_795_305_600_500_000, {beat: 12.5});
		writer.datagram({...datagramOf(messageV1([recordV1()])), place: 1, timeUs: 1_795_305_601_000_000});
		writer.aside(1_795_305_602_000_000, {note: 'a remark', gap: 1_795_305_601_500_000});
		const index = {version: 1, firstUs: 1, lastUs: 2, frames: 3, records: 4, sessions: 5, born: 6, takeovers: 7, octets: 8, events: [[1, {event: 'note', text: 'x'}]], letters: 'n', wallOffsetUs: 0};
		return [writer.take()!, new TextEncoder().encode(JSON.stringify(index))];
	},
	mutate: (octets, other, random) => octets[0] === 0x7b ? bendOctets(octets, other, random) : bendSavefile(octets, other, random),
	run(octets, feature) {
		if (octets[0] === 0x7b) {
			try {
				const {events, letters} = decodeValue(indexShape, JSON.parse(new TextDecoder().decode(octets)));
				must(events.length <= 500 && letters.length <= 500, 'an index beyond its bounds');
				feature(events.length);
			} catch (error) {
				must(error instanceof CheckpointError || error instanceof SyntaxError, () => `an index is refused by ${String(error)}`);
			}

			return;
		}

		const whole = read(octets, () => octets.length);
		const digest = octets.reduce((sum, octet) => mix(sum, octet), octets.length) >>> 0;
		const pieces = read(octets, piece => 1 + ((digest >>> (piece % 16)) % 300));
		must(whole.problem === pieces.problem && whole.offset === pieces.offset && whole.items.every((item, index) => item === pieces.items[index]), 'read in pieces it holds something else');
		feature((whole.problem.replaceAll(/\d+/gv, '').length * 8) + Math.min(7, whole.items.length));
	},
	examine(octets) {
		const reader = createSegmentReader();
		reader.push(octets.slice());
		const {engine} = createTestEngine();
		for (let item = octets[0] === 0x7b ? 'more' as const : reader.next(); typeof item === 'object'; item = reader.next()) {
			if (item.kind === 'packet') {
				engine.sink.packet(item.packet);
			} else if (item.kind === 'datagram') {
				engine.sink.datagram(item.datagram);
			}
		}

		engine.settle();
	},
	shrink: smallerOctets,
	encode: octets => ({octets, extension: octets[0] === 0x7b ? 'json' : 'pcapng'}),
	decode: octets => octets,
});
