/*
Directors on a cable between two network namespaces. Live, triggers fire without being asked to, but only for directors that are
known: by their adverts, which a joined socket does not hear, or by the configuration.
*/
import assert from 'node:assert/strict';
import test from 'node:test';
import {fileOf} from '../capture/pcap-file.js';
import {hurried} from '../support/hurried.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {capture, finished, saying, start, unprivileged, whyNotUnprivileged} from '../support/program.js';

const missing = whyNoLiveWire() ?? whyNotUnprivileged();
const options = {skip: missing ?? false, timeout: 200_000};

const triggers = ['--on', 'event=state state=close', '--exec', 'true', '--on', 'event=new', '--exec', 'true', '--on', 'event=takeover', '--exec', 'true'];

type Row = Readonly<Record<string, unknown>>;
const rowsOf = (text: string): Row[] => text.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Row);

test('live, a trigger fires for directors that are known, and not for the first fill of the table', options, async context => {
	const wire = createLiveWire(context);
	wire.near('ip addr add 192.168.10.99/24 dev wire0');
	const {send} = await wire.sender(fileOf(context, await hurried(capture('failover-graceful.pcap'), 2)));

	const events = ['--events', '--json', ...triggers];
	const captured = start([...events, '-i', 'wire0'], {through: wire.onNear});
	const joined = start([...events, '-j'], {through: [...wire.onNear, ...unprivileged]});
	const vouched = start([...events, '-j', '--pair', '192.168.10.11,192.168.10.12'], {through: [...wire.onNear, ...unprivileged]});
	const programs = [captured, joined, vouched];
	await wire.joined(3);
	await send();

	const whole = (text: string): Row[] => rowsOf(text.slice(0, text.lastIndexOf('\n')));
	const closes = (text: string) => whole(text).filter(({event, state}) => event === 'state' && state === 'CLOSE').length;
	/** What became of triggers: which of them, how it ended, its cause. */
	const outcomes = (text: string) => whole(text).filter(({event}) => event === 'trigger').map(({trigger, outcome, cause}) => `${String(trigger)} ${String(outcome)} ${String(cause)}`);
	const ran = (text: string) => outcomes(text).filter(outcome => outcome.includes(' ok ')).length;
	const texts = await Promise.all([
		saying(captured.stdout!, text => closes(text) >= 13 && ran(text) >= 13 && ['trigger 1 ok state', 'trigger 3 ok takeover'].every(one => outcomes(text).includes(one))),
		saying(joined.stdout!, text => closes(text) >= 13),
		saying(vouched.stdout!, text => closes(text) >= 13 && ran(text) >= 13 && outcomes(text).includes('trigger 1 ok state')),
	]);
	const ends = programs.map(async child => finished(child));
	for (const child of programs) {
		child.kill('SIGTERM');
	}

	const [ofCaptured, ofJoined, ofVouched] = await Promise.all(ends);
	const [byCaptured, byJoined, byVouched] = texts.map(text => new Set(outcomes(text)));
	assert.ok(byCaptured!.has('trigger 1 ok state'));
	assert.ok(byCaptured!.has('trigger 3 ok takeover'));
	assert.ok(!byCaptured!.has('trigger 2 ok new'));
	assert.deepEqual([...byJoined!], []);
	assert.ok(byVouched!.has('trigger 1 ok state'));
	assert.match(ofCaptured!.stderr, /trigger 2 \(event=new\): .*held back, new to us only/v);
	assert.match(ofJoined!.stderr, /trigger 1 \(event=state state=close\): \d+ held back, sender not known/v);
	assert.doesNotMatch(ofVouched!.stderr, /sender not known/v);
});
