/* The single executable, in a root that holds nothing beside it but the libraries that Node itself is linked with. */
import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {test, type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {fileOf} from '../capture/pcap-file.js';
import {hurried} from '../support/hurried.js';
import {createLiveWire, whyNoLiveWire} from '../support/live-wire.js';
import {capture, finished, plainEnvironment, run, type Finished} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';

const pair = 'persistence.pcap';
const binary = fileURLToPath(new URL('../../build/ipvstop', import.meta.url));

const whyNot = (): string | undefined => {
	if (process.getuid?.() !== 0) {
		return 'needs root to change the root';
	}

	return fs.existsSync(binary) ? undefined : 'needs build/ipvstop: npm run build:binary';
};

const options = {skip: whyNot() ?? false};
const live = {skip: whyNot() ?? whyNoLiveWire() ?? false, timeout: 200_000};

/** What the dynamic linker loads for Node, itself included. */
const librariesOfNode = (): string[] => execFileSync('ldd', [process.execPath], {encoding: 'utf8'}).match(/\/\S+(?= \(0x)/gv) ?? [];

/** A root with these folders for everybody, and the command that runs the file in there. */
const createRoot = (context: TestContext, folders: readonly string[] = ['tmp']): {readonly folder: string; readonly command: readonly string[]} => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-root-'));
	fs.chmodSync(folder, 0o755);
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	for (const name of folders) {
		fs.mkdirSync(path.join(folder, name));
		fs.chmodSync(path.join(folder, name), 0o1777);
	}

	for (const library of librariesOfNode()) {
		const place = path.join(folder, library);
		fs.mkdirSync(path.dirname(place), {recursive: true});
		fs.copyFileSync(library, place);
	}

	fs.copyFileSync(binary, path.join(folder, 'ipvstop'));
	fs.copyFileSync(capture(pair), path.join(folder, pair));
	return {folder, command: ['env', '-i', 'TERM=xterm-256color', 'LANG=C.UTF-8', `PATH=${process.env['PATH'] ?? ''}`, 'chroot', folder, '/ipvstop']};
};

/** Runs a command that begins with the words of a root. */
const runIn = async (words: readonly string[]): Promise<Finished> => {
	const [file, ...args] = words;
	return finished(spawn(file!, args, {env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe']}));
};

type Heading = {readonly source: string; readonly connections: number};

const headingOf = ({stdout, stderr}: Finished): Heading => {
	const heading = JSON.parse(stdout.split('\n', 1)[0]!) as Heading;
	// On a silent wire it says so, too.
	const said = stderr.replace(/^ipvstop: nothing was heard .*\n/mv, '');
	assert.equal(said, heading.source.includes('sync only') ? `ipvstop: ${heading.source}\n` : '');
	return heading;
};

test('one file says what the program says, where there is no Node, no libpcap and no other file', options, async context => {
	const {command} = createRoot(context);
	for (const args of [['--help'], ['--version'], ['-r', capture(pair), '--list'], ['-r', capture(pair), '--events', '--json']]) {
		const {stdout, stderr, code} = await runIn([...command, ...args.map(word => word === capture(pair) ? `/${pair}` : word)]);
		const program = await run(args);
		assert.deepEqual([code, stdout, stderr], [program.code, program.stdout, program.stderr], args.join(' '));
	}
});

test('one file shows its screen', options, async context => {
	const {command} = createRoot(context);
	// A terminal is opened for Node and the built program, two words that are left out here.
	const terminal = openTerminal(['--demo'], {through: ['sh', '-c', `shift 2; exec ${command.join(' ')} "$@"`, 'sh']});
	const showsSessions = (screen: string) => /^>.*(?:TCP|UDP)/mv.test(screen) && screen.includes('OPEN CLOSING');
	await terminal.until(showsSessions);
	terminal.type('?');
	await terminal.until(screen => screen.startsWith('HELP'));
	terminal.type('\u001B');
	await terminal.until(showsSessions);
	terminal.type('q');
	const {exitCode} = await terminal.exit;
	assert.deepEqual([exitCode, terminal.isAlternate()], [0, false]);
});

test('one file hears a wire by its own libpcap, and by joined sockets', live, async context => {
	const {command, folder} = createRoot(context);
	const wire = createLiveWire(context);
	wire.near('ip addr add 192.168.10.99/24 dev wire0');
	const sent = fileOf(context, await hurried(capture(pair), 0.5));
	const {send} = await wire.sender(sent);
	const list = ['--list', '--json', '--duration', '10'];
	const captured = runIn([...wire.onNear, ...command, ...list]);
	const joined = runIn([...wire.onNear, ...command, '-j', ...list]);
	await wire.joined(2);
	await send();

	const file = headingOf(await run(['-r', sent, '--list', '--json']));
	const [byPcap, bySocket] = [headingOf(await captured), headingOf(await joined)];
	assert.match(byPcap.source, /^libpcap on .*wire0/v);
	assert.doesNotMatch(bySocket.source, /libpcap/v);
	assert.ok(file.connections > 30);
	assert.deepEqual([byPcap.connections, bySocket.connections], [file.connections, file.connections]);
	assert.deepEqual(fs.readdirSync(path.join(folder, 'tmp')), [], 'the addon does not stay behind');
});

test('where no folder is fit to load libpcap from, one file joins the groups and says why', live, async context => {
	const wire = createLiveWire(context);
	const list = ['--list', '--json', '--duration', '0.2'];

	const {command: without} = createRoot(context, []);
	assert.match(headingOf(await runIn([...wire.onNear, ...without, ...list])).source, /sync only: libpcap is not usable: there is no folder/v);

	const {command, folder} = createRoot(context);
	const sealed = ['unshare', '--mount', 'sh', '-c', `mount -t tmpfs -o noexec,mode=1777 none ${folder}/tmp && exec "$@"`, 'sh'];
	assert.match(headingOf(await runIn([...wire.onNear, ...sealed, ...command, ...list])).source, /sync only: libpcap is not usable: \/tmp: failed to map segment/v);

	const {command: open, folder: openRoot} = createRoot(context);
	fs.chmodSync(path.join(openRoot, 'tmp'), 0o777);
	assert.match(headingOf(await runIn([...wire.onNear, ...open, ...list])).source, /sync only: libpcap is not usable: there is no folder/v);
});
