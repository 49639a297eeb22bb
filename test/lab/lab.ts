/*
Two directors are booted, one fails, and ipvstop watches: what it says while it happens, against what both kernels hold and what the
clients suffer. `npm run test:lab`, `npm run test:lab -- --full` for each family, set-up and way to fail, and `-- --only NUMBER` for one of these.
*/
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {after, before, describe, test, type TestContext} from 'node:test';
import {readRun} from '../failover/lab-truth.js';
import {markOf, matchTakeovers, readLine} from '../failover/marks.js';
import {takeoversOf, verdictLine, type ToldEvent} from '../failover/told.js';
import {type Figures} from '../support/compare-with-kernel.js';
import {run as runProgram} from '../support/program.js';
import {announcementsOf, captureAgainstKernels, eventsAgainstCapture, savedAgainstCapture, savedAgainstKernels} from './agreement.js';
import {boot, pairOf, watchedVirtual} from './boot.js';
import {microsOf, readLeftBehind, type LeftBehind, type Row} from './left-behind.js';
import {fullForm, shortForm, type Failure, type Scenario} from './scenario.js';
import {screensAt} from './seen-screen.js';
import {whyNoLab} from './why-no-lab.js';

const options = {skip: await whyNoLab() ?? false};

/** So much must at least have been compared, so that an empty table cannot pass: looks at a backup, and rows for each session that is held open. */
const least = {polls: 10, rowsEach: 8};
/** Of active/active one director is backup, until it takes over, of the half of the sessions that is announced. */
const leastOfHalf = {polls: 5, rowsEach: 2};
const leastOf = ({arrangement}: Scenario) => arrangement === 'active-active' ? leastOfHalf : least;
const leastChangesEach = 2;
/** Of a comparison that fails. */
const shown = 5;

const firstKind: Readonly<Record<Exclude<Failure, 'moved'>, string>> = {power: 'crash', killed: 'crash', cable: 'crash', stopped: 'planned', reboot: 'planned'};
const lb1 = '192.168.10.11';
const lb2 = '192.168.10.12';

/** The wall clock is read to the hundredth of a second. */
const clockUs = 20_000;
/** Events of the last seconds of a run may be missing where listening ended first. */
const quietUs = 4_000_000;

/** The screen is looked at ten seconds after a takeover, as an operator would. */
const lookAfterUs = 10_000_000;
/** A takeover is told so soon after the first frame that says so. */
const latestUs = 1_500_000;

const percent = (part: number, whole: number): string => `${part} of ${whole} (${(100 * part / whole).toFixed(2)} %)`;
const reportOf = ({polls, kernelRows, held, announced, known, compared, sameState, sameReal, sameExpiry, explained}: Figures): string => [
	`${polls} polls`, `recall ${percent(held, kernelRows)}`, `precision ${percent(known, announced)}`, `state ${percent(sameState, compared)}`,
	`real server ${percent(sameReal, compared)}`, `expiry ${percent(sameExpiry, compared)}`, ...Object.entries(explained).map(([reason, count]) => `${count} ${reason}`),
].join(', ');

const assertAgreement = (figures: Figures, scenario: Scenario) => {
	const {sessions} = scenario;
	const {polls, rowsEach} = leastOf(scenario);
	assert.deepEqual(figures.disagreements.slice(0, shown), []);
	assert.equal(figures.held, figures.kernelRows, 'recall');
	assert.equal(figures.known, figures.announced, 'precision');
	assert.equal(figures.sameState, figures.compared, 'state');
	assert.equal(figures.sameReal, figures.compared, 'real server');
	assert.equal(figures.sameExpiry + Object.values(figures.explained).reduce((sum, count) => sum + count, 0), figures.compared, 'expiry');
	assert.ok(figures.polls >= polls, `only ${figures.polls} polls`);
	assert.ok(figures.compared >= rowsEach * sessions, `only ${figures.compared} rows compared`);
	assert.ok(figures.announced >= rowsEach * sessions / 2, `only ${figures.announced} rows of what was announced`);
};

/** What ipvstop says of a file. */
const linesOf = async (...args: readonly string[]): Promise<Row[]> => {
	const {code, stdout, stderr} = await runProgram([...args, '--json', '--no-config']);
	assert.deepEqual({code, stderr}, {code: 0, stderr: ''});
	return stdout.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Row);
};

/** What a takeover's figures are made of, without times. */
const figuresOf = ({kind, from, to, held, sent, own, known, ownKept, failBack, lostMessages, udp}: Row): Row => ({kind, from, to, held, sent, own, known, ownKept, failBack, lostMessages, udp});

const sorted = (rows: readonly Row[]): string[] => rows.map(row => JSON.stringify(row)).toSorted();

const describeRun = (scenario: Scenario) => {
	const {families, sessions, syncVersion, failure, comesBack, arrangement} = scenario;
	let folder = '';
	const clear = () => {
		// What is killed meanwhile may write until it is dead.
		fs.rmSync(folder, {recursive: true, force: true, maxRetries: 20, retryDelay: 100});
	};

	let left: LeftBehind;
	let records: readonly Row[];
	let replayed: readonly Row[];
	/** What was begun and did not succeed. */
	let failed = 0;

	before(async () => {
		failed++;
		folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-lab-'));
		process.once('exit', clear);
		await boot(scenario, folder);
		left = await readLeftBehind(folder);
		records = await linesOf('--records', '-r', `eth0=${left.capture}`);
		replayed = await linesOf('--events', '-r', `eth0=${left.capture}`, ...pairOf(scenario));
		failed--;
	});

	after(() => {
		process.off('exit', clear);
		if (failed === 0) {
			clear();
		} else {
			process.stderr.write(`What the run left is in ${folder}\n`);
		}
	});

	const step = (name: string, body: (t: TestContext) => Promise<void> | void) => {
		test(name, async t => {
			failed++;
			await body(t);
			failed--;
		});
	};

	step('the run has what it is about', t => {
		const saved = left.saved.flatMap(({rows}) => [...rows.values()].map(({line}) => line));
		for (const family of families) {
			const ours = saved.filter(({client}) => String(client).includes(':') === (family === 6));
			// With two masters the run is about the TCP sessions of two addresses; whether a flow of UDP comes often enough to be announced is left to chance.
			const kinds = ['TCP ESTABLISHED false', 'TCP FIN_WAIT false', 'TCP CLOSE false', 'TCP ASSURED true', ...(arrangement === 'active-active' ? [] : ['UDP UDP false'])];
			for (const kind of kinds) {
				assert.ok(ours.some(({proto, state, template}) => `${String(proto)} ${String(state)} ${String(template)}` === kind), `IPv${family}: ${kind}`);
			}
		}

		assert.deepEqual([...new Set(records.map(({version}) => version))], [syncVersion]);
		const backups = new Set(left.polls.filter(({listens, rows}) => listens && rows.length > 0).map(({director}) => director));
		assert.ok((comesBack ? ['lb1', 'lb2'] : ['lb2']).every(name => backups.has(name)), [...backups].join(' '));
		t.diagnostic(`${records.length} records, ${left.saved.length} tables saved; ${left.timeline.map(({timeUs, what}, index) => `${index === 0 ? 0 : Math.round((timeUs - left.timeline[0]!.timeUs) / 1e6)} s ${what}`).join(', ')}`);
	});

	step('the table of the capture is what the kernel of each backup holds, at every poll', async t => {
		const figures = await captureAgainstKernels(left.capture, left.polls);
		t.diagnostic(reportOf(figures));
		assertAgreement(figures, scenario);
	});

	step('so is the table of the recording that was made while watching', async t => {
		const figures = await captureAgainstKernels(left.recording, left.polls, {isOurs: true});
		t.diagnostic(reportOf(figures));
		assertAgreement(figures, scenario);
	});

	step('so is the table that the screen held while it happened', t => {
		const figures = savedAgainstKernels(left, announcementsOf(records));
		t.diagnostic(`${reportOf(figures)}, ${figures.unseen} rows announced twice between two looks`);
		assertAgreement(figures, scenario);
	});

	step('the screen held the table of the capture, whenever it was looked at', async t => {
		const {rows, differences} = await savedAgainstCapture(left.saved, left.capture);
		t.diagnostic(`${left.saved.length} tables, ${rows} rows`);
		assert.deepEqual(differences.slice(0, shown), []);
		assert.ok(rows >= leastOf(scenario).rowsEach * sessions, `only ${rows} rows`);
	});

	step('the lives of the sessions were told as the capture has them', t => {
		const {rows, differences} = eventsAgainstCapture(left.events, replayed, left.timeline.at(-1)!.timeUs - quietUs);
		t.diagnostic(`${rows} changes`);
		assert.deepEqual(differences.slice(0, shown), []);
		assert.ok(rows >= leastChangesEach * sessions, `only ${rows} changes`);
	});

	step('each takeover was told once, when it was and between whom, and what was told live is what the capture tells', () => {
		const takeovers = left.events.filter(({event}) => event === 'takeover');
		assert.deepEqual(takeovers.map(({from, to}) => ({from, to})), [{from: lb1, to: lb2}, ...(comesBack ? [{from: lb2, to: lb1}] : [])]);
		assert.deepEqual(takeovers.map(one => figuresOf(one)), replayed.filter(({event}) => event === 'takeover').map(one => figuresOf(one)));
		if (arrangement === 'pair' && failure !== 'moved') {
			assert.deepEqual(takeovers.map(({kind}) => kind), [firstKind[failure], ...(comesBack ? ['preempt'] : [])]);
		}

		const begun = ['lb1 fails', 'lb1 comes back'].map(what => left.timeline.find(one => one.what.startsWith(what))?.timeUs ?? 0);
		const over = ['lb2 is master', 'lb1 is master again'].map(what => left.timeline.find(one => one.what === what)?.timeUs ?? 0);
		for (const [index, {at, time}] of takeovers.entries()) {
			assert.ok(microsOf(at) > begun[index]! && microsOf(at) < over[index]!, `${String(at)}: lb1 failed ${begun[index]! / 1e6}, was replaced by ${over[index]! / 1e6}`);
			assert.ok(microsOf(time) >= microsOf(at) - clockUs, `told at ${String(time)}, before ${String(at)}`);
		}
	});

	step('the verdict that the screen showed ten seconds after a takeover is what the clients suffered', async t => {
		fs.copyFileSync(left.clients, left.capture.replace(/\.pcap$/v, '.clients.ndjson'));
		const run = readRun(left.capture)!;
		const {graded, invented} = matchTakeovers(run, takeoversOf(left.events as readonly ToldEvent[]));
		assert.equal(graded.length, comesBack ? 2 : 1);
		assert.deepEqual(invented, []);
		const screens = await screensAt(left.screen, graded.map(({truth}) => truth.timeUs + lookAfterUs));
		for (const [index, {truth, told, again}] of graded.entries()) {
			assert.deepEqual(again, []);
			assert.ok(told, `not told: ${JSON.stringify(truth)}`);
			assert.ok(told.toldUs - truth.firstSignUs < latestUs, `told ${(told.toldUs - truth.firstSignUs) / 1e6} s after the first sign`);
			const screen = screens[index]!;
			const line = verdictLine(screen, [truth.timeUs, told.atUs], truth.vips) ?? assert.fail(`no verdict:\n${screen.join('\n')}`);
			t.diagnostic(`${line.trim()}: ${truth.resets} of ${truth.open} suffered`);
			assert.equal(markOf(readLine(line), truth.resets, truth.open!), 'right', `${line.trim()}: ${truth.resets} of ${truth.open} suffered`);
		}
	});

	step('the triggers ran once for each takeover, and for each session of a service that reached CLOSE, and got the event', t => {
		assert.deepEqual(sorted(left.triggeredTakeovers), sorted(left.events.filter(({event}) => event === 'takeover')));
		const [vip, vport] = [watchedVirtual[families[0]!], 80];
		const closes = left.events.filter(({event, state, virtual, vport: port}) => event === 'state' && state === 'CLOSE' && virtual === vip && port === vport);
		t.diagnostic(`${left.triggeredTakeovers.length} takeovers, ${closes.length} sessions that reached CLOSE`);
		assert.deepEqual(sorted(left.triggeredCloses), sorted(closes));
		assert.ok(closes.length > 0);
	});

	step('nothing was dropped, refused or lost on the way', () => {
		assert.match(left.tcpdump, /^0 packets dropped by kernel$/mv);
		assert.equal(left.complaints, '');
		assert.equal(left.metrics.get('ipvstop_dropped_packets_total{segment="eth0",kind="libpcap"}'), 0);
		assert.equal(left.metrics.get('ipvstop_recording_lost_packets_total'), 0);
		assert.equal(left.metrics.get('ipvstop_heard_total{what="records"}'), records.length);
		// A UDP flow that a new master sent to another real server: a backup keeps the old one, and so do we.
		const refused = [...left.metrics].filter(([name, count]) => count > 0 && name.startsWith('ipvstop_refused_total') && !name.includes('"destination-inactive"'));
		assert.deepEqual(refused, []);
		assert.deepEqual(left.events.filter(({event}) => event === 'wire-loss'), []);
	});
};

const scenariosOf = (words: readonly string[]): readonly Scenario[] => {
	const only = words.indexOf('--only');
	return only === -1 ? (words.includes('--full') ? fullForm : shortForm) : [fullForm[Number(words[only + 1]) - 1]!];
};

for (const scenario of scenariosOf(process.argv)) {
	describe(scenario.name, options, () => {
		describeRun(scenario);
	});
}
