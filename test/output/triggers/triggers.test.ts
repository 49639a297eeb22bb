import assert from 'node:assert/strict';
import test from 'node:test';
import {createTrigger, type Trigger, type TriggerText} from '../../../source/output/triggers/trigger.js';
import {createTriggers} from '../../../source/output/triggers/triggers.js';
import {type TriggerOutcome} from '../../../source/output/triggers/log.js';
import {type RunResult, type TriggerEvent} from '../../../source/output/triggers/run.js';
import {type TableSizes} from '../../../source/table/memory.js';
import {createTable, flags, secondsLater} from '../../table/support.js';

const closing = {state: 4, flags: flags.inactive | flags.route};

const trigger = (on: string, given: Partial<TriggerText> = {}): Trigger => {
	const made = createTrigger({name: on, on, actions: [{kind: 'exec', words: ['told']}], rate: '100000/s', ...given});
	assert.ok(!('ok' in made), 'message' in made ? made.message : '');
	return made;
};

/** A table that two directors write, of which the first is known, triggers on it, and what they started. */
const bench = (triggers: readonly Trigger[], {isDryRun = false, sizes = {}, trusted = [] as string[], aliases = new Map<string, readonly string[]>()}: {
	isDryRun?: boolean; sizes?: Partial<TableSizes>; trusted?: string[]; aliases?: Map<string, readonly string[]>;
} = {}) => {
	const table = createTable(sizes);
	const started: Array<{event: TriggerEvent; end: (result: RunResult) => void; signal: AbortSignal}> = [];
	let nowMs = 0;
	const work = createTriggers({
		memory: table.memory, status: () => undefined, isDryRun,
		clock: () => nowMs,
		runnerOf: () => async (event, signal) => new Promise(resolve => {
			started.push({event, end: resolve, signal});
			signal.addEventListener('abort', () => {
				resolve({outcome: 'killed', detail: ''});
			});
		}),
	});
	const outcomes: TriggerOutcome[] = [];
	work.log.subscribe(outcome => {
		outcomes.push(outcome);
	});
	const set = (some: readonly Trigger[]) => work.use({triggers: some, aliases, trusted: new Set(trusted)});
	assert.equal(set(triggers), undefined);
	const say = (fields: Record<string, unknown>, second: number) => table.writer.aside(JSON.stringify(fields), secondsLater(second));
	say({event: '@segment', index: 1, name: 'eth0'}, 0);
	say({event: '@director', index: 1, address: '10.255.0.2'}, 0);
	say({event: '@director', index: 2, address: '10.255.0.66'}, 0);
	say({event: '@known', index: 1, address: '10.255.0.2'}, 0);
	return {
		table, work, started, outcomes, say, set,
		/** Looks at all that happened; some real time passes. */
		look() {
			nowMs += 1500;
			while (!work.poll(Infinity)) {
				// More to look at.
			}
		},
		names: () => started.map(({event}) => event.event),
		totals: () => work.log.totals()[0]!,
	};
};

test('a session that closes sets off what waits for that, and nothing else does', () => {
	const {table, started, look} = bench([trigger('event=state state=fin vip=192.0.2.10:443')]);
	table.hear([{cport: 1}, {cport: 2, vport: 80}]);
	table.hear([{cport: 1, ...closing}, {cport: 2, vport: 80, ...closing}], {nowUs: secondsLater(5)});
	look();
	assert.equal(started.length, 1);
	const {fields, json} = started[0]!.event;
	assert.deepEqual({...JSON.parse(json), trigger: 'event=state state=fin vip=192.0.2.10:443'}, fields);
	assert.deepEqual([fields['event'], fields['state'], fields['was'], fields['client'], fields['segment'], fields['director']], ['state', 'FIN_WAIT', 'ESTABLISHED', '203.0.113.9', 'eth0', '10.255.0.2']);
});

test('what a sender says that is not known sets off nothing, until it is known', () => {
	const {table, started, look, totals, say} = bench([trigger('event=state')]);
	table.hear([{cport: 1}], {director: 2});
	table.hear([{cport: 1, ...closing}], {director: 2, nowUs: secondsLater(5)});
	look();
	assert.equal(started.length, 0);
	assert.equal(totals().unknownSender, 1);
	say({event: '@known', index: 2, address: '10.255.0.66'}, 60);
	table.hear([{cport: 1}], {director: 2, nowUs: secondsLater(61)});
	look();
	assert.equal(started.length, 1);
});

test('the configuration can vouch for a sender', () => {
	const {table, started, look} = bench([trigger('event=state')], {trusted: ['10.255.0.66']});
	table.hear([{cport: 1}], {director: 2});
	table.hear([{cport: 1, ...closing}], {director: 2, nowUs: secondsLater(5)});
	look();
	assert.equal(started.length, 1);
});

test('events of directors count when all who speak are known, and those of this program always', () => {
	const {names, look, say, totals} = bench([trigger('event=takeover,split-brain,source,director,vrrp,refused')]);
	say({event: 'takeover', from: '10.255.0.66', to: '10.255.0.2'}, 1);
	say({event: 'takeover', from: '10.255.0.2', to: '10.255.0.66'}, 2);
	say({event: 'split-brain', directors: ['10.255.0.2', '10.255.0.66']}, 3);
	say({event: 'source', segment: 'eth0', state: 'down'}, 4);
	say({event: 'director', address: '10.255.0.66', what: 'sending'}, 5);
	say({event: 'vrrp', address: '10.255.0.2', role: 'master'}, 6);
	look();
	assert.deepEqual(names(), ['takeover', 'source', 'vrrp']);
	assert.equal(totals().unknownSender, 3);
});

test('sessions are new to us only, until we have listened for two minutes and heard their director for as long', () => {
	const {table, started, look, totals, say} = bench([trigger('event=new')]);
	table.hear([{cport: 1}]);
	table.hear([{cport: 2}], {nowUs: secondsLater(119)});
	table.hear([{cport: 3}], {nowUs: secondsLater(121)});
	say({event: '@director', index: 3, address: '10.255.0.3'}, 130);
	say({event: '@known', index: 3, address: '10.255.0.3'}, 130);
	table.hear([{cport: 4}], {director: 3, nowUs: secondsLater(131)});
	table.hear([{cport: 5}], {director: 3, nowUs: secondsLater(251)});
	look();
	assert.deepEqual(started.map(({event}) => event.fields['cport']), [3, 5]);
	assert.equal(totals().firstFill, 3);
});

test('what happens to sessions of the first fill counts at once', () => {
	const {table, names, look} = bench([trigger('event=state,moved,expired,ranout')]);
	table.hear([{cport: 1}]);
	table.hear([{cport: 1, ...closing, timeoutSeconds: 3}], {nowUs: secondsLater(2)});
	table.expire(secondsLater(10));
	look();
	assert.deepEqual(names(), ['state', 'expired']);
});

test('absence: no new session of a real server for half a minute, though others go on', () => {
	const {table, started, look} = bench([trigger('none 30s: event=new rs=10.9.0.11')]);
	for (const second of [10, 20, 30, 45, 60, 75, 90]) {
		table.hear([{cport: second, daddr: [second <= 20 ? 0x0a_09_00_0b : 0x0a_09_00_0c]}], {nowUs: secondsLater(second)});
	}

	look();
	assert.equal(started.length, 1);
	const {event, seconds, since, time, on} = started[0]!.event.fields;
	assert.deepEqual({event, seconds, on}, {event: 'absent', seconds: 30, on: 'none 30s: event=new rs=10.9.0.11'});
	assert.equal(Date.parse(String(time)) - Date.parse(String(since)), 30_000);
	assert.equal(Date.parse(String(since)), secondsLater(20) / 1000);
});

test('absence is noticed though nothing at all happens, and not while the source is down', () => {
	const {table, names, look, say} = bench([trigger('none 30s: event=new')]);
	table.hear([{cport: 1}], {nowUs: secondsLater(1)});
	table.expire(secondsLater(29));
	look();
	say({event: 'source', segment: 'eth0', state: 'down'}, 30);
	table.expire(secondsLater(500));
	look();
	assert.deepEqual(names(), []);
	say({event: 'source', segment: 'eth0', state: 'up'}, 500);
	table.expire(secondsLater(529));
	look();
	assert.deepEqual(names(), []);
	table.expire(secondsLater(531));
	look();
	assert.deepEqual(names(), ['absent']);
});

test('nobody who is known was ever heard, so their silence means nothing', () => {
	const table = createTable();
	const fired: string[] = [];
	const work = createTriggers({memory: table.memory, status: () => undefined, isDryRun: false, clock: () => 0, runnerOf: () => async ({event}) => {
		fired.push(event);
		return {outcome: 'ok', detail: ''};
	}});
	assert.equal(work.use({triggers: [trigger('none 30s: event=new')], aliases: new Map(), trusted: new Set()}), undefined);
	table.hear([{cport: 1}]);
	table.expire(secondsLater(400));
	work.poll(Infinity);
	assert.deepEqual(fired, []);
});

test('more than the rate is dropped and counted, and said once a second', () => {
	const {table, started, look, totals, outcomes} = bench([trigger('event=state', {rate: '5/m'})]);
	table.hear(Array.from({length: 50}, (_, cport) => ({cport})));
	table.hear(Array.from({length: 50}, (_, cport) => ({cport, ...closing})), {nowUs: secondsLater(5)});
	look();
	assert.equal(started.length, 4, 'as many as run at a time');
	const {fired, droppedByRate} = totals();
	assert.deepEqual({fired, droppedByRate}, {fired: 50, droppedByRate: 45});
	assert.deepEqual(outcomes.map(({outcome, detail, count}) => ({outcome, detail, count})), [{outcome: 'dropped', detail: 'beyond 5/m', count: 45}]);
});

test('100 000 events into a program that hangs: four run, 256 wait, the rest is counted, and another trigger is not affected', () => {
	const told = trigger('event=takeover');
	const {table, started, look, work, say, outcomes} = bench([trigger('event=state'), told], {sizes: {changeCapacity: 262_144}});
	const messages = 1000;
	table.hear(Array.from({length: 50}, (_, cport) => ({cport})));
	for (let message = 0; message < 2 * messages; message++) {
		table.hear(Array.from({length: 50}, (_, cport) => ({cport, ...((message % 2 === 0) && closing)})), {nowUs: secondsLater(5 + (message / 2000))});
	}

	say({event: 'takeover', to: '10.255.0.2'}, 7);
	look();
	look();
	const [busy, other] = work.log.totals();
	assert.equal(busy!.fired, 100_000);
	assert.deepEqual({running: busy!.running, waiting: busy!.waiting, dropped: busy!.droppedByQueue, lost: work.log.lost()}, {running: 4, waiting: 256, dropped: 99_740, lost: 0});
	assert.equal(outcomes.reduce((sum, {count}) => sum + count, 0), 99_740);
	assert.equal(other!.running, 1);
	assert.deepEqual(started.map(({event}) => event.event), ['state', 'state', 'state', 'state', 'takeover']);
});

test('changes that were overwritten before they were looked at are counted and said', () => {
	const {table, look, work, outcomes} = bench([trigger('event=state')], {sizes: {changeCapacity: 1024}});
	for (let message = 0; message < 100; message++) {
		table.hear(Array.from({length: 50}, (_, cport) => ({cport, ...((message % 2 === 0) && closing)})), {nowUs: secondsLater(message)});
	}

	look();
	assert.ok(work.log.lost() > 3000);
	assert.equal(outcomes.find(({detail}) => detail.startsWith('changes came faster'))?.count, work.log.lost());
});

test('each run is told with its cause, its end and how long it took', async () => {
	const {started, look, outcomes, say, totals} = bench([trigger('event=takeover', {name: 'page'})]);
	say({event: 'takeover', to: '10.255.0.2'}, 1);
	say({event: 'takeover', to: '10.255.0.2'}, 2);
	look();
	started[0]!.end({outcome: 'ok', detail: ''});
	started[1]!.end({outcome: 'failed', detail: 'exit 1'});
	await new Promise(resolve => {
		setImmediate(resolve);
	});
	assert.deepEqual(outcomes.map(({trigger: name, action, outcome, detail, cause}) => [name, action, outcome, detail, cause]), [
		['page', 'told', 'ok', '', 'takeover'], ['page', 'told', 'failed', 'exit 1', 'takeover'],
	]);
	const {ok, failed} = totals();
	assert.deepEqual({ok, failed}, {ok: 1, failed: 1});
});

test('a dry run says what would run and starts nothing', () => {
	const {started, look, outcomes, say} = bench([trigger('event=takeover', {actions: [{kind: 'exec', words: ['page', 'me']}, {kind: 'webhook', words: ['https://hooks.example.org/secret']}]})], {isDryRun: true});
	say({event: 'takeover', to: '10.255.0.2'}, 1);
	look();
	assert.equal(started.length, 0);
	assert.deepEqual(outcomes.map(({outcome, action, cause}) => [outcome, action, cause]), [
		['dry-run', 'page me', 'takeover'], ['dry-run', 'POST https://hooks.example.org', 'takeover'],
	]);
});

test('an alias names addresses in a trigger, and a director', () => {
	const aliases = new Map([['web', ['192.0.2.10:443']], ['lb1', ['10.255.0.2']]]);
	const {table, started, look, set} = bench([trigger('event=state vip=web dir=lb1')], {aliases});
	table.hear([{cport: 1}, {cport: 2, vport: 80}]);
	table.hear([{cport: 1, ...closing}, {cport: 2, vport: 80, ...closing}], {nowUs: secondsLater(5)});
	look();
	assert.deepEqual(started.map(({event}) => event.fields['cport']), [1]);
	const problem = set([trigger('event=state vip=wep')]);
	assert.match(problem?.error.message ?? '', /wep/v);
});

test('other triggers take over without losing what happened, and what a former one was given still runs', () => {
	const first = trigger('event=takeover', {name: 'one'});
	const {table, started, look, say, set, work} = bench([first]);
	say({event: 'takeover', to: '10.255.0.2'}, 1);
	look();
	assert.equal(set([trigger('event=state', {name: 'two'})]), undefined);
	table.hear([{cport: 1}]);
	table.hear([{cport: 1, ...closing}], {nowUs: secondsLater(5)});
	say({event: 'takeover', to: '10.255.0.2'}, 6);
	look();
	assert.deepEqual(started.map(({event}) => event.event), ['takeover', 'state']);
	assert.deepEqual(work.log.totals().map(({name}) => name), ['two']);
	work.kill();
	assert.ok(started.every(({signal}) => signal.aborted));
});

test('a trigger that stays the same through a change of the configuration keeps its count and its rate', () => {
	const one = trigger('event=takeover', {rate: '1/h'});
	const {look, say, set, started, totals} = bench([one]);
	say({event: 'takeover', to: '10.255.0.2'}, 1);
	look();
	set([one, trigger('event=vrrp')]);
	say({event: 'takeover', to: '10.255.0.2'}, 2);
	look();
	assert.equal(started.length, 1);
	assert.equal(totals().fired, 2);
});

test('of triggers of which one cannot be used none takes over, not even its counts', () => {
	const {look, say, set, totals} = bench([trigger('event=takeover', {name: 'page'})]);
	say({event: 'takeover', to: '10.255.0.2'}, 1);
	look();
	const problem = set([trigger('event=vrrp', {name: 'page'}), trigger('vip=nobody', {name: 'other'})]);
	assert.equal(problem?.trigger.name, 'other');
	say({event: 'takeover', to: '10.255.0.2'}, 2);
	look();
	assert.deepEqual({on: totals().on, fired: totals().fired}, {on: 'event=takeover', fired: 2});
});

test('at the end what runs is waited for, but not for ever', async () => {
	const {look, say, started, work, outcomes} = bench([trigger('event=takeover')]);
	for (let second = 1; second <= 6; second++) {
		say({event: 'takeover', to: '10.255.0.2'}, second);
	}

	look();
	await work.finish(20);
	assert.ok(started[0]!.signal.aborted);
	assert.equal(started.length, 4);
	assert.deepEqual(outcomes.filter(({outcome}) => outcome === 'dropped').map(({count, detail}) => [count, detail]), [[2, 'the end came first']]);
});
