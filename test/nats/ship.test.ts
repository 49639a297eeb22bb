import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {segmentFile} from '../../source/log/folder.js';
import {createLogSupply} from '../../source/nats/ship.js';

/** A pcapng of a section alone, of this many blocks. */
const sections = (count: number): Buffer => {
	const block = Buffer.alloc(28);
	block.writeUInt32LE(0x0a_0d_0d_0a, 0);
	block.writeUInt32LE(28, 4);
	block.writeUInt32LE(0x1a_2b_3c_4d, 8);
	block.writeUInt16LE(1, 12);
	block.writeBigInt64LE(-1n, 16);
	block.writeUInt32LE(28, 24);
	return Buffer.concat(Array.from({length: count}, () => block));
};

test('a log that grew since it was last looked at has not been given out to its end', async context => {
	const folder = `${fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-ship-'))}/`;
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	const supply = createLogSupply(folder);
	const first = supply.next(undefined, 1000);
	assert.ok(supply.isIdle(), 'nothing is written yet');
	const file = segmentFile(folder, 0, 'pcapng');
	fs.writeFileSync(file, sections(1), {mode: 0o640});
	assert.ok(!supply.isIdle(), 'a segment began while it waited');
	const batch = await first;
	assert.equal(batch?.octets.length, 28);
	const second = supply.next(batch!.position, 1000);
	assert.ok(supply.isIdle(), 'all is given out');
	fs.appendFileSync(file, sections(2));
	assert.ok(!supply.isIdle(), 'the segment grew while it waited');
	const rest = await second;
	assert.equal(rest!.octets.length - rest!.preamble, 56);
	supply.close();
});
