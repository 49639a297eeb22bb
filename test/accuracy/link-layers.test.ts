import assert from 'node:assert/strict';
import {test} from 'node:test';
import {capturePath, cutVariant, linkVariants} from '../support/captures.js';
import {dissectFile} from '../support/dissect-file.js';
import {createTestEngine, replayInto, replayWithStops} from '../support/replay-engine.js';
import {sessionsOf, type Session} from '../support/session.js';
import {entryFlag} from '../../source/table/entry.js';

const reference = 'link.eth.pcap';

/** Six moments between the first packet and half a minute after the last. */
const moments = async (): Promise<number[]> => {
	const {engine} = createTestEngine();
	await replayInto(engine.sink, capturePath(reference));
	const [firstUs, lastUs] = [engine.firstUs(), engine.lastPacketUs()];
	return [0.2, 0.4, 0.6, 0.8, 1, 1.5].map(part => firstUs + Math.round((lastUs - firstUs) * part));
};

/** Everything that is remembered of a session, without numbers that depend on what else was heard and when. */
const facts = ({key, state, real, connection}: Session) => {
	const {forward, fwmark, flags, template, timeoutSeconds, updates, syncid, expiresUs, firstUs, lastUs} = connection;
	return {key, state, real, forward, fwmark, flags, template, timeoutSeconds, updates, syncid, expiresUs, firstUs, lastUs};
};

const factsAt = async (file: string, momentsUs: readonly number[]) => {
	const tables: Array<Array<ReturnType<typeof facts>>> = [];
	await replayWithStops(capturePath(file), momentsUs, (_, {view}) => {
		tables.push([...sessionsOf(view).values()].map(session => facts(session)).sort((one, other) => one.key.localeCompare(other.key)));
	});
	return tables;
};

test('one run gives one table, whatever link layer and file format it was written in', async () => {
	const momentsUs = await moments();
	const expected = await factsAt(reference, momentsUs);
	assert.ok(expected.some(table => table.length > 50));
	for (const {file} of linkVariants) {
		assert.deepEqual(await factsAt(file, momentsUs), expected, file);
	}
});

test('of messages that were cut, the records that are whole are read', async () => {
	const whole = await dissectFile(capturePath(reference));
	const cut = await dissectFile(capturePath(cutVariant.file));
	assert.equal(cut.messages.length, whole.messages.length);
	for (const [index, {records, claimedCount, partial}] of cut.messages.entries()) {
		const full = whole.messages[index]!;
		assert.ok(records.length > 0);
		assert.equal(claimedCount, full.claimedCount);
		assert.equal(partial, records.length < full.records.length);
		assert.deepEqual(records, full.records.slice(0, records.length));
	}
});

test('sessions known from cut messages are a part of the sessions, and marked as partial', async () => {
	const momentsUs = await moments();
	const announced = new Set<string>();
	const whole = await factsAt(reference, momentsUs);
	const cut = await factsAt(cutVariant.file, momentsUs);
	for (const [index, table] of cut.entries()) {
		for (const {key} of whole[index]!) {
			announced.add(key);
		}

		for (const {key, flags} of table) {
			assert.ok(announced.has(key), key);
			assert.ok(flags & entryFlag.partial, `not marked: ${key}`);
		}
	}

	assert.ok(cut.at(-2)!.length > 0);
	assert.ok(cut.at(-2)!.length < whole.at(-2)!.length);
});
