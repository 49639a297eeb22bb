/* Commands of --via that misbehave, all at once beside one that does not. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {heardSessions, rowsOf} from '../support/announcements.js';
import {capture} from '../support/program.js';
import {folderOf} from '../support/rights.js';
import {until, watch} from '../support/watch.js';

/** Each with a capture of its own: what is heard twice counts once. */
const commands = {
	good: `cat ${capture('seed-basic.pcap')}; exec sleep 100`,
	// A record of the capture ends, and what follows is no record.
	garbage: `cat ${capture('failover-graceful.pcap')}; tr '\\000' '\\377' < /dev/zero | head -c 100000; exec sleep 100`,
	noisy: `cat ${capture('failover-nopreempt.pcap')}; yes 'no route to host' >&2`,
	endless: `cat ${capture('persistence.pcap')}; tr '\\000' x < /dev/zero >&2`,
	dies: `cat ${capture('splitbrain.pcap')}; kill -9 $$`,
} as const;

test('a command that writes garbage, one that complains without end, and one that is killed are named, bounded, and cost the others nothing', async context => {
	const folder = folderOf(context);
	const targets = Object.entries(commands).flatMap(([name, command]) => {
		fs.writeFileSync(path.join(folder, name), command);
		return ['--via', `${name}=sh ${path.join(folder, name)}`];
	});
	const {child, said} = watch(context, ['--events', '--json', ...targets]);
	const details = (segment: string) => rowsOf(said()).filter(row => row['event'] === 'source' && row['segment'] === segment).map(({state, detail}) => `${String(state)} ${String(detail)}`);
	const sessions = (segment: string) => heardSessions(rowsOf(said()).filter(row => row['segment'] === segment).map(row => `${JSON.stringify(row)}\n`).join('')).size;
	await until(() => Object.keys(commands).every(name => sessions(name) > 10), 'each is heard');
	await until(() => details('dies').some(text => text.startsWith('failed ended by SIGKILL; again in 1 s')), 'a death is named');
	await until(() => details('dies').filter(text => text.startsWith('up')).length > 1, 'and it is run again');
	await until(() => details('garbage').some(text => text.startsWith('failed ')), 'garbage is named');
	context.diagnostic(details('garbage').join(' | '));
	assert.ok(details('noisy').every(text => !text.startsWith('failed')), 'complaints alone are no failure');
	const resident = Number(/^VmRSS:\s+(?<kib>\d+)/mv.exec(fs.readFileSync(`/proc/${child.pid!}/status`, 'utf8'))!.groups!['kib']) / 1024;
	assert.ok(resident < 500, `${resident} MiB resident`);
	child.kill('SIGTERM');
	await once(child, 'exit');
	assert.equal(child.exitCode, 143);
});
