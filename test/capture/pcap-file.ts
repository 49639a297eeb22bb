import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type TestContext} from 'node:test';

export type FileFrame = {
	readonly timeUs: number;
	readonly octets: Uint8Array;
	/** On the wire; as many as there are octets unless given. */
	readonly originalLength?: number;
};

/** A little-endian pcap file of frames. */
export const pcapOf = (frames: readonly FileFrame[], linkType = 1): Buffer => {
	const header = Buffer.alloc(24);
	header.writeUInt32LE(0xa1_b2_c3_d4, 0);
	header.writeUInt16LE(2, 4);
	header.writeUInt16LE(4, 6);
	header.writeUInt32LE(65_535, 16);
	header.writeUInt32LE(linkType, 20);
	return Buffer.concat([header, ...frames.flatMap(({timeUs, octets, originalLength = octets.length}) => {
		const record = Buffer.alloc(16);
		record.writeUInt32LE(Math.floor(timeUs / 1_000_000), 0);
		record.writeUInt32LE(timeUs % 1_000_000, 4);
		record.writeUInt32LE(octets.length, 8);
		record.writeUInt32LE(originalLength, 12);
		return [record, octets];
	})]);
};

/** A pcap file with a packet of one octet at each of these times. */
export const pcapAt = (timesUs: readonly number[], mark = 0): Buffer =>
	pcapOf(timesUs.map(timeUs => ({timeUs, octets: Uint8Array.of(mark)})));

/** Puts a file where the test can read it, until it ends. */
export const fileOf = (context: TestContext, content: Uint8Array, name = 'capture.pcap'): string => {
	const folder = mkdtempSync(join(tmpdir(), 'ipvstop-test-'));
	context.after(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
};
