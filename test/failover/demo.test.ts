import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createSimulation, historyUs} from '../../source/demo/simulation.js';
import {type Packet} from '../../source/wire/packet.js';
import {forecastVerdict} from '../../source/verdict/verdict.js';
import {plainWords, runDesk, type DeskRun} from './desk-run.js';

const us = 1_000_000;
const beginUs = 1_795_305_600_000_000;

const runDemo = async (seed: number, seconds: number): Promise<DeskRun> => runDesk(sink => {
	const packet: Packet = {view: new DataView(new ArrayBuffer(0)), offset: 0, length: 0, originalLength: 0, timeUs: 0, linkType: 1, place: 0};
	createSimulation(seed).advanceTo(historyUs + (seconds * us), (timeUs, frame) => {
		packet.view = new DataView(frame.buffer);
		packet.length = frame.length;
		packet.originalLength = frame.length;
		packet.timeUs = beginUs + timeUs;
		sink.packet(packet);
	});
});

/** Seconds since the demo opened. */
const seconds = (timeUs: number): number => (timeUs - beginUs - historyUs) / us;

for (const seed of [1, 2, 3]) {
	test(`the demo's crash and its planned return are told as such, seed ${seed}`, async () => {
		const {events, takeovers, failover, directors} = await runDemo(seed, 260);
		const told = takeovers.map(({takeover: {kind, ownKept, failBack, coverage}}) => ({kind, ownKept, failBack, isKnown: coverage.known >= coverage.held * 0.97}));
		assert.deepEqual(told, [
			{kind: 'crash', ownKept: 'none', failBack: false, isKnown: true},
			// It rebooted, but listened for more than two minutes since.
			{kind: 'planned', ownKept: 'no', failBack: true, isKnown: takeovers[1]!.takeover.coverage.known >= takeovers[1]!.takeover.coverage.held * 0.97},
		]);
		assert.ok(Math.abs(seconds(takeovers[0]!.takeover.atUs) - 30.1) < 1, `crash at ${seconds(takeovers[0]!.takeover.atUs)}`);
		assert.ok(Math.abs(seconds(takeovers[1]!.takeover.atUs) - 240.4) < 1);
		assert.deepEqual(events.filter(({event}) => event === 'split-brain' || event === 'silent'), []);
		assert.equal(directors.length, 2);
		assert.equal(failover.pairs.length, 1);
	});
}

test('while the rebooted director listens, what it knows grows, and a return would cost less', async () => {
	const known: number[] = [];
	for (const moment of [100, 150, 220]) {
		const {failover} = await runDemo(1, moment);
		const pair = failover.pairs[0];
		const [forecast] = pair!.forecasts;
		assert.equal(forecast!.failBack, true);
		assert.equal(forecast!.ownKept, 'no');
		assert.match(forecastVerdict(pair!, forecast, plainWords)!.sentences[0]!, /has listened since .* and knows \d+% of the open sessions/v);
		known.push(forecast!.coverage.known / forecast!.coverage.held);
	}

	assert.ok(known[0]! < 0.2 && known[0]! < known[1]! && known[1]! < known[2]!, known.join(' '));
});
