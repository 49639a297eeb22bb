import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {encodeComments, encodeInterface, encodeSection, encodeStatistics, packetBlockOctets, wholeBlocks, writePacket} from '../../source/savefile/encode-pcapng.js';
import {createSavefileReader} from '../../source/savefile/savefile.js';

const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap(part => [...part]));

type Frame = {readonly octets: Uint8Array; readonly cut: number; readonly timeUs: number; readonly comments: readonly string[]; readonly linkType: number};

const blockOf = ({octets, cut, timeUs, comments}: Frame, id: number): Uint8Array => {
	const options = encodeComments(comments);
	const block = new Uint8Array(packetBlockOctets(octets.length, options.length));
	const end = writePacket(new DataView(block.buffer), 0, id, timeUs, {
		view: new DataView(octets.buffer, octets.byteOffset), offset: 0, length: octets.length, originalLength: octets.length + cut,
	}, options);
	assert.equal(end, block.length);
	return block;
};

const frames = fc.array(fc.record<Frame>({
	octets: fc.uint8Array({maxLength: 70}), cut: fc.nat(2000), timeUs: fc.nat({max: 2 ** 51}), comments: fc.array(fc.string(), {maxLength: 2}), linkType: fc.nat(300),
}), {maxLength: 6});

const fileOf = (list: readonly Frame[]): Uint8Array => joined([
	encodeSection({application: 'test', comment: 'a remark'}),
	...list.flatMap((frame, id) => [
		encodeInterface({linkType: frame.linkType, name: `if${id}`, description: 'd', comment: 'c'}),
		blockOf(frame, id),
		encodeStatistics({interfaceId: id, timeUs: frame.timeUs, received: 3, dropped: 2, delivered: 1, comments: frame.comments}),
	]),
]);

test('whatever is written is read back the same: octets, times up to microseconds, lengths, link types', () => {
	fc.assert(fc.property(frames, list => {
		const reader = createSavefileReader();
		reader.push(fileOf(list));
		reader.end();
		for (const frame of list) {
			assert.equal(reader.next(), 'packet');
			const {view, offset, length, originalLength, timeUs, linkType} = reader.packet;
			assert.deepEqual(new Uint8Array(view.buffer, view.byteOffset + offset, length).slice(), frame.octets.slice());
			assert.deepEqual({originalLength, timeUs, linkType}, {originalLength: frame.octets.length + frame.cut, timeUs: frame.timeUs, linkType: frame.linkType});
		}

		assert.equal(reader.next(), 'end');
	}));
});

test('the last whole block is found wherever the octets stop', () => {
	fc.assert(fc.property(frames, list => {
		const blocks = list.map(frame => blockOf(frame, 0));
		const file = joined(blocks);
		const ends = blocks.map((_, index) => joined(blocks.slice(0, index + 1)).length);
		for (let octets = 0; octets <= file.length; octets++) {
			assert.equal(wholeBlocks(file, octets), ends.findLast(end => end <= octets) ?? 0);
		}
	}), {numRuns: 30});
});

test('a comment that is too long for an option is cut between two characters', () => {
	const options = encodeComments(['ä'.repeat(40_000)]);
	const length = new DataView(options.buffer).getUint16(2, true);
	assert.equal(length, 65_534);
	assert.equal(new TextDecoder('utf-8', {fatal: true}).decode(options.subarray(4, 4 + length)), 'ä'.repeat(32_767));
});
