/* A real nats-server on loopback, for tests: `.ci/nats-server` brings one where Debian's own is too old. */
import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import {setTimeout as pause} from 'node:timers/promises';
import os from 'node:os';
import path from 'node:path';
import {type TestContext} from 'node:test';
import {freePort} from '../support/program.js';

const places = ['nats-server', ...['sbin', 'bin'].map(folder => path.join(import.meta.dirname, `../../build/nats/usr/${folder}/nats-server`))];

/** A server of at least 2.10. */
const program = places.find(place => {
	const [, major = '0', minor = '0'] = /v?(\d+)\.(\d+)/v.exec(spawnSync(place, ['--version'], {encoding: 'utf8'}).stdout ?? '') ?? [];
	return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 10);
});

/** What tests with a broker need: skipped, with the reason, where there is none. */
export const withBroker = {skip: program === undefined && 'needs nats-server 2.10: .ci/nats-server brings one', timeout: 200_000};

export type Broker = {
	readonly port: number;
	/** Where it writes its own words. */
	readonly logFile: string;
	stop(signal: NodeJS.Signals): Promise<void>;
	/** On the same port and with the same store. */
	start(): Promise<void>;
};

/**
Starts a broker with a store of its own; `more` is added to its configuration. It ends with the test. `hasStore`: with JetStream; else it is for `more` to
say whether it has it, with STORE in the place of the folder.
*/
export const startBroker = async (context: TestContext, more = '', {hasStore = true} = {}): Promise<Broker> => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-nats-'));
	const config = path.join(folder, 'nats.conf');
	const logFile = path.join(folder, 'log');
	// Of those that nobody is given by chance: it comes back to the same one.
	const port = await freePort();
	let child: ChildProcess | undefined;

	const start = async () => {
		const portsFolder = path.join(folder, 'ports');
		fs.rmSync(portsFolder, {recursive: true, force: true});
		fs.mkdirSync(portsFolder);
		fs.writeFileSync(config, `listen: "127.0.0.1:${port}"\nports_file_dir: ${JSON.stringify(portsFolder)}\nlog_file: ${JSON.stringify(logFile)}\n${hasStore ? 'jetstream {store_dir: "STORE"}\n' : ''}${more}\n`.replace('STORE', () => path.join(folder, 'store')));
		child = spawn(program!, ['-c', config], {stdio: ['ignore', 'ignore', 'pipe']});
		const portsText = () => fs.readdirSync(portsFolder).filter(name => name.endsWith('.ports')).map(name => fs.readFileSync(path.join(portsFolder, name), 'utf8')).find(text => text.trimEnd().endsWith('}'));
		while (portsText() === undefined) {
			if (child.exitCode !== null) {
				throw new Error(`nats-server ended: ${fs.readFileSync(logFile, 'utf8').slice(-1000)}`);
			}

			await pause(20);
		}
	};

	const stop = async (signal: NodeJS.Signals) => {
		if (child?.exitCode === null && child.signalCode === null) {
			const ended = once(child, 'exit');
			child.kill(signal);
			await ended;
		}
	};

	context.after(async () => {
		await stop('SIGKILL');
		fs.rmSync(folder, {recursive: true, force: true});
	});
	await start();
	return {port, logFile, stop, start};
};
