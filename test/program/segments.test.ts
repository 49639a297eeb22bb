/* Two segments watched at once: an interface, and the output of a command that breaks and comes back. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {hurried} from '../support/hurried.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {until} from '../support/watch.js';
import {capture, finished, heldTime, run, saying, start} from '../support/program.js';

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (text: string): Row[] => text.split('\n').filter(Boolean).map(line => JSON.parse(line) as Row);

/** Reports a connection that broke when it is run for the first time, and stays after that. */
const feed = (first: string, second: string, marker: string): string => `
if [ -e ${marker} ]; then cat ${second}; exec sleep 60; fi
touch ${marker}
cat ${first}
echo 'Connection reset by peer' >&2
exit 255
`;

const onWire = {skip: whyNoLiveWire() ?? false, timeout: 200_000};

test('an interface and a stream are watched at once, each session in its segment; the stream breaks, says so, and comes back alone', onWire, async context => {
	const wire = createLiveWire(context);
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-segments-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	const script = path.join(folder, 'feed.sh');
	fs.writeFileSync(script, feed(capture('v0.pcap'), capture('persistence.pcap'), path.join(folder, 'marker')));
	const {send} = await wire.sender(fileOf(context, await hurried(capture('failover-nopreempt.pcap'), 0.5)));

	const child = start(['--events', '--json', '-i', 'wire0', '--via', `remote=sh ${script}`], {through: wire.onNear});
	const created = (text: string, segment: string) => rowsOf(text.slice(0, text.lastIndexOf('\n') + 1))
		.filter(row => row['event'] === 'new' && row['segment'] === segment);
	const states = (text: string) => rowsOf(text.slice(0, text.lastIndexOf('\n') + 1))
		.filter(row => row['event'] === 'source' && row['segment'] === 'remote').map(row => row['state']);
	await wire.joined(1);
	await send();
	const said = await saying(child.stdout!, text => {
		const afterBreak = states(text).lastIndexOf('up') > states(text).indexOf('failed') && states(text).includes('failed');
		return afterBreak && created(text, 'wire0').length > 20 && created(text, 'remote').length > 100;
	});
	child.kill('SIGTERM');

	assert.match(said, /"segment":"remote","state":"failed","detail":"Connection reset by peer; again in 1 s"/v);
	const clients = (segment: string) => new Set(created(said, segment).map(row => `${String(row['client'])} ${String(row['cport'])}`));
	const inFile = async (name: string) => {
		const {stdout} = await run(['--events', '--json', '-r', capture(name)]);
		return new Set(rowsOf(stdout).filter(row => row['event'] === 'new').map(row => `${String(row['client'])} ${String(row['cport'])}`));
	};

	const local = await inFile('failover-nopreempt.pcap');
	const remote = new Set([...await inFile('v0.pcap'), ...await inFile('persistence.pcap')]);
	assert.deepEqual([...clients('wire0')].filter(client => !local.has(client)), []);
	assert.deepEqual([...clients('remote')].filter(client => !remote.has(client)), []);
});

test('a file is of the past and is not mixed with what is live; sources that exclude each other are named', async () => {
	const mixed = await run(['--list', '-r', capture('v0.pcap'), '--via', 'x=cat /dev/null']);
	assert.equal(mixed.code, 2);
	assert.match(mixed.stderr, /v0\.pcap beside live sources: a file is of the past/v);

	const strange = await run(['--list', '--demo', '--via', 'rs1']);
	assert.equal(strange.code, 2);
	assert.match(strange.stderr, /--demo and --via: these sources do not go together/v);
});

test('two pipes and their state are in one list', async context => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-segments-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	const said = (name: string): string => path.join(folder, name);
	const pipe = (name: string, file: string): string[] => ['--via', `${name}=sh -c "cat ${capture(file)} && touch ${said(name)} && exec sleep 100"`];
	const child = start(['--list', '--json', '--duration', '1.5', ...pipe('one', 'persistence.pcap'), ...pipe('two', 'seed-basic.pcap')], {node: heldTime(1.5)});
	const end = finished(child);
	await until(() => fs.existsSync(said('one')) && fs.existsSync(said('two')), 'both have said all');
	child.kill('SIGUSR2');
	const {code, stdout, stderr} = await end;
	assert.deepEqual([code, stderr], [0, '']);
	const segments = new Set(rowsOf(stdout).map(row => row['segment']));
	assert.deepEqual([...segments].filter(Boolean).map(String).sort(), ['one', 'two']);
});
