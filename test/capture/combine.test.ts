import assert from 'node:assert/strict';
import test from 'node:test';
import {combineSources, createStreamTime} from '../../source/capture/combine.js';
import {CaptureError, type PacketSink, type PacketSource, type Place} from '../../source/capture/source.js';
import {type Packet} from '../../source/wire/packet.js';
import {createManualClock} from './manual-clock.js';

const second = 1_000_000;

const place = (name: string, state: Place['state'] = 'up'): Place => ({
	name, state, detail: '', drops: 0, sight: {sync: true, vrrp: true, arp: true, groupReports: true}, kind: 'test', address: '',
});

/** A source that does what it is told. */
const puppet = (pace: PacketSource['pace'], failure?: Error) => {
	const ended = Promise.withResolvers<{problems: string[]}>();
	let sink: PacketSink | undefined;
	let closed = false;
	const source: PacketSource = {
		description: `puppet ${pace}`, pace, ended: ended.promise, ownAddresses: [pace],
		async start(to) {
			sink = to;
			if (failure) {
				throw failure;
			}
		},
		close() {
			closed = true;
			ended.resolve({problems: []});
		},
	};
	return {source, sink: () => sink!, isClosed: () => closed, end: ended.resolve};
};

const packet = (timeUs: number, placeNumber = 0): Packet =>
	({view: new DataView(new ArrayBuffer(1)), offset: 0, length: 1, originalLength: 1, timeUs, linkType: 1, place: placeNumber});

const listen = async (sources: readonly PacketSource[]) => {
	const time = createManualClock(1000 * second);
	const heard: Array<readonly [place: string, timeUs: number]> = [];
	let places: readonly Place[] = [];
	const combined = combineSources(sources, time);
	await combined.start({
		packet(one) {
			heard.push([places[one.place]!.name, one.timeUs]);
		},
		datagram() {},
		advance() {},
		places(now) {
			places = now;
		},
	});
	return {combined, heard, places: () => places, time};
};

test('each source keeps its places, and one that a source adds later does not move those of another', async () => {
	const [one, two] = [puppet('monotonic'), puppet('monotonic')];
	const {heard, places} = await listen([one.source, two.source]);
	one.sink().places([place('eth0')]);
	two.sink().places([place('rs1')]);
	one.sink().places([place('eth0'), place('eth1')]);
	one.sink().packet(packet(1, 0));
	two.sink().packet(packet(2, 0));
	one.sink().packet(packet(3, 1));

	assert.deepEqual(places().map(({name}) => name), ['eth0', 'rs1', 'eth1']);
	assert.deepEqual(heard, [['eth0', 1], ['rs1', 2], ['eth1', 3]]);
});

test('two sources that give a place the same name are two segments, and each tells its own state', async () => {
	const [one, two] = [puppet('stream'), puppet('stream')];
	const {places} = await listen([one.source, two.source]);
	one.sink().places([place('tap')]);
	two.sink().places([place('tap', 'failed')]);
	assert.deepEqual(places().map(({name, state}) => [name, state]), [['tap', 'up'], ['tap#2', 'failed']]);
});

test('the packet that a source lends is given back as it was', async () => {
	const [one, two] = [puppet('stream'), puppet('stream')];
	await listen([one.source, two.source]);
	one.sink().places([place('a')]);
	two.sink().places([place('b')]);
	const lent = packet(5 * second);
	two.sink().packet(lent);
	assert.deepEqual([lent.place, lent.timeUs], [0, 5 * second]);
});

test('what streams carry is stamped with the time of this host, whatever their clocks say', async () => {
	const [behind, ahead] = [puppet('stream'), puppet('stream')];
	const {heard, time} = await listen([behind.source, ahead.source]);
	behind.sink().places([place('behind')]);
	ahead.sink().places([place('ahead')]);
	behind.sink().packet(packet(100 * second));
	ahead.sink().packet(packet(9000 * second));
	time.after(1000, () => undefined);
	time.toNextTimer();
	ahead.sink().packet(packet(9001 * second));
	behind.sink().packet(packet((100 * second) + 900_000));
	assert.deepEqual(heard, [
		['behind', 1000 * second], ['ahead', 1000 * second], ['ahead', 1001 * second], ['behind', (1000 * second) + 900_000],
	]);
});

test('after the other clock was set, or the stream stood still, packets are of now again', () => {
	let nowUs = 1000 * second;
	const toLocal = createStreamTime(() => nowUs);
	assert.equal(toLocal(100 * second), 1000 * second);
	nowUs += second;
	assert.equal(toLocal(50 * second), 1001 * second);
	nowUs += second;
	assert.equal(toLocal(51 * second), 1002 * second);
	nowUs += second;
	assert.equal(toLocal(400 * second), 1003 * second);
});

test('an interface that cannot be opened stops all; a pipe without a capture is one segment that failed', async () => {
	const [live, pipe] = [puppet('monotonic', new CaptureError('Cannot capture on eth9', 4)), puppet('stream')];
	await assert.rejects(listen([live.source, pipe.source]), /eth9/v);
	assert.equal(pipe.isClosed(), true);

	const [good, bad] = [puppet('monotonic'), puppet('stream', new CaptureError('Cannot read stdin', 2))];
	const {heard} = await listen([good.source, bad.source]);
	good.sink().places([place('eth0')]);
	good.sink().packet(packet(7));
	assert.deepEqual(heard, [['eth0', 7]]);
});

test('it has ended when all have, with all that they complain of', async () => {
	const [one, two] = [puppet('stream'), puppet('stream')];
	const {combined} = await listen([one.source, two.source]);
	one.end({problems: ['a was cut']});
	two.end({problems: ['b was cut']});
	assert.deepEqual(await combined.ended, {problems: ['a was cut', 'b was cut']});
});
