/*
Captures of real directors are put on a cable between two network namespaces, drawn together to half a second, and the built
program listens at the other end. What it says must be what it says of the same file.
*/
import assert from 'node:assert/strict';
import test from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {hurried} from '../support/hurried.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {capture, finished, heldTime, run, saying, start, unprivileged, whyNotUnprivileged, type Finished, type StartOptions} from '../support/program.js';

const missing = whyNoLiveWire();
const options = {skip: missing ?? false, timeout: 200_000};

const lastsSeconds = 0.5;
/** How long a live list listens when all has been sent. */
const listenSeconds = 1.5;

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (text: string): Row[] => text.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Row);

/** What does not depend on when it is looked at, nor on what a listener without libpcap cannot hear. */
const lasting = (row: Row, without: readonly string[] = []): string =>
	JSON.stringify(Object.entries(row)
		.filter(([name]) => !['at', 'source', 'time', 'age', 'idle', 'expires', ...without].includes(name))
		.map(([name, value]) => [name, Array.isArray(value) ? (value as string[]).toSorted((one, other) => one.localeCompare(other)) : value]));

const sortedTable = (text: string, without: readonly string[] = []): string[] => {
	const [, ...rows] = rowsOf(text);
	return rows.map(row => lasting(row, without)).sort((one, other) => one.localeCompare(other));
};

/** What a list said, and how long it took from its start. */
type Heard = Finished & {readonly seconds: number};

/** Sessions that have long enough to live to be in a list that listens for some seconds. */
const assertSameTable = ({stdout: live, seconds}: Heard, file: string, without: readonly string[] = []) => {
	const [heading, ...rows] = rowsOf(file);
	assert.ok(rows.length > 30, `only ${rows.length} rows in the file`);
	assert.ok(rows.every(({expires}) => (expires as number) > 8), 'the test needs sessions that outlive it');
	assert.deepEqual(sortedTable(live, without), sortedTable(file, without));
	const [liveHeading, ...liveRows] = rowsOf(live);
	assert.equal(liveHeading!['connections'], heading!['connections']);
	assert.equal(liveHeading!['templates'], heading!['templates']);
	for (const {timeout, idle, expires} of liveRows) {
		assert.ok(Math.abs((timeout as number) - (idle as number) - (expires as number)) < 0.01);
		assert.ok((idle as number) <= seconds, 'heard since the program started');
	}
};

/** A list of what is heard until all has been sent, and for a while after. */
const startList = (args: readonly string[], more: StartOptions): {readonly allIsSent: () => Promise<Heard>} => {
	const startedMs = performance.now();
	const child = start(['--list', '--json', '--duration', String(listenSeconds), ...args], {...more, node: heldTime(listenSeconds)});
	const end = finished(child);
	return {
		async allIsSent() {
			child.kill('SIGUSR2');
			return {...await end, seconds: (performance.now() - startedMs) / 1000};
		},
	};
};

test('the table heard live, by libpcap and by an unprivileged joined socket, is the table of the capture, and so are the events', options, async context => {
	const cannot = whyNotUnprivileged();
	const wire = createLiveWire(context);
	// The subnet of the directors: by it a joined socket knows where a sender is.
	wire.near('ip addr add 192.168.10.99/24 dev wire0');
	const path = fileOf(context, await hurried(capture('persistence.pcap'), lastsSeconds));
	const {send} = await wire.sender(path);

	const captured = startList(['-i', 'wire0'], {through: wire.onNear});
	const events = start(['--events', '--json', '-i', 'wire0'], {through: wire.onNear});
	const joined = cannot === undefined ? startList(['-j'], {through: [...wire.onNear, ...unprivileged]}) : undefined;
	const fileEvents = await run(['--events', '--json', '-r', `wire0=${path}`]);
	const session = (text: string) => rowsOf(text).filter(row => row['client'] !== undefined && row['event'] !== 'expired').map(row => lasting(row, ['sent', 'directors']));
	const expected = session(fileEvents.stdout);

	await wire.joined(joined ? 3 : 2);
	await send();
	const [live, joinedLive] = await Promise.all([captured.allIsSent(), joined?.allIsSent()]);

	const heard = await saying(events.stdout!, text => text.endsWith('\n') && session(text).length >= expected.length);
	events.kill('SIGTERM');
	const {code} = await finished(events);
	assert.equal(code, 143);
	assert.ok(expected.length > 500);
	assert.deepEqual(session(heard), expected);

	const file = await run(['--list', '--json', '-r', `wire0=${path}`]);
	assert.deepEqual([live.code, live.stderr], [0, '']);
	assertSameTable(live, file.stdout);
	assert.equal(rowsOf(live.stdout)[0]!['source'], 'libpcap on wire0');

	await context.test('joined, without privilege', {skip: cannot ?? false}, async () => {
		const result = joinedLive!;
		assert.deepEqual([result.code, result.stderr], [0, '']);
		// A socket hears neither adverts nor group reports: it cannot say who listened, and vouches for a sender only after a minute.
		assertSameTable(result, file.stdout, ['sent', 'directors', 'fate', 'account']);
	});
});

test('what is heard in a VLAN is a segment of its own, named after its tag', options, async context => {
	const wire = createLiveWire(context);
	const path = fileOf(context, await hurried(capture('link-vlan.vlan.pcap'), lastsSeconds));
	const {send} = await wire.sender(path);
	const live = startList(['-i', 'wire0'], {through: wire.onNear});
	await wire.joined(1);
	await send();
	const [heard, file] = await Promise.all([live.allIsSent(), run(['--list', '--json', '-r', `wire0=${path}`])]);
	const {stdout, stderr} = heard;
	assert.equal(stderr, '');
	assertSameTable(heard, file.stdout);
	assert.deepEqual([...new Set(rowsOf(stdout).slice(1).map(({segment}) => segment))], ['wire0.100']);
});

test('a bridge and its port hear each message twice, and it counts once', options, async context => {
	const wire = createLiveWire(context);
	try {
		wire.near('ip link add br0 type bridge mcast_snooping 0; ip link set wire0 master br0; ip addr flush dev wire0; ip addr add 10.9.9.2/24 dev br0; ip link set br0 up');
	} catch {
		context.skip('this kernel has no bridges');
		return;
	}

	const path = fileOf(context, await hurried(capture('failover-nopreempt.pcap'), lastsSeconds));
	const {send} = await wire.sender(path);
	const live = startList(['-i', 'wire0', '-i', 'br0'], {through: wire.onNear});
	await wire.joined(1, 'br0');
	await send();
	const [heard, file] = await Promise.all([live.allIsSent(), run(['--list', '--json', '-r', `wire0=${path}`])]);
	const {stdout, stderr} = heard;
	assert.equal(stderr, '');
	const segments = new Set(rowsOf(stdout).slice(1).map(({segment}) => segment));
	assert.equal(segments.size, 1, `one of the two: ${[...segments].join(', ')}`);
	assertSameTable({...heard, stdout: stdout.replaceAll(`"segment":"${String([...segments][0])}"`, '"segment":"wire0"')}, file.stdout, ['sent', 'fate', 'account']); // Who listens is heard at other moments on two interfaces; what was sent, and so fates and accounts, depend on that.
});

test('a VLAN device and its parent hear each message twice, and it counts once', options, async context => {
	const wire = createLiveWire(context);
	try {
		wire.near('ip link add link wire0 name tagged type vlan id 100; ip link set tagged up');
	} catch {
		context.skip('this kernel has no VLAN devices');
		return;
	}

	const path = fileOf(context, await hurried(capture('link-vlan.vlan.pcap'), lastsSeconds));
	const {send} = await wire.sender(path);
	const live = startList(['-i', 'wire0', '-i', 'tagged'], {through: wire.onNear});
	await Promise.all([wire.joined(1), wire.joined(1, 'tagged')]);
	await send();
	const [heard, file] = await Promise.all([live.allIsSent(), run(['--list', '--json', '-r', `wire0=${path}`])]);
	assertSameTable(heard, file.stdout, ['segment', 'sent']);
	assert.equal(new Set(rowsOf(heard.stdout).slice(1).map(({segment}) => segment)).size, 1);
});
