/* `-r nats://…` and `-w nats://…`: a log that lies on NATS, as a folder of this host that everything else reads and writes. */
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {type Monitor} from '../engine/monitor.js';
import {openLink, secretsOf, type Link, type LinkState, type NatsSecrets} from '../nats/connection.js';
import {startMirror, type Mirror} from '../nats/mirror.js';
import {startSensor, type SensorStatus} from '../nats/sensor.js';
import {sitesThere} from '../nats/stream.js';
import {everySite, isNatsUrl, parseNatsTarget, type NatsTarget} from '../nats/target.js';
import {type Options} from '../options/options.js';
import {UsageError} from '../options/usage-error.js';

const secretsFor = (options: Options): NatsSecrets => secretsOf(process.env, options.natsCreds);

/** A problem that a file of secrets has, as a wrong use. */
const withSecrets = <Result>(use: () => Result): Result => {
	try {
		return use();
	} catch (error) {
		const {code, path: file, message} = error as NodeJS.ErrnoException;
		throw code === undefined ? error : new UsageError(`Cannot read ${file ?? 'the credentials'}: ${code === 'ENOENT' ? 'there is no such file' : message}. Give --nats-creds FILE, or set NATS_CREDS`);
	}
};

/** Where a sensor keeps its own log, which bridges the time that the broker is away. */
export const sensorFolder = (site: string): string => {
	const state = process.env['STATE_DIRECTORY']?.split(':', 1)[0]
		?? (process.getuid?.() === 0 ? '/var/lib/ipvstop' : path.join(process.env['XDG_STATE_HOME'] || path.join(os.homedir(), '.local/state'), 'ipvstop'));
	const folder = path.join(state, `sensor-${site}`);
	mkdirSync(folder, {recursive: true, mode: 0o750});
	return `${folder}/`;
};

/** What a viewer keeps of its site. */
const mostOctets = 2 ** 30;

export type Nats = {
	/** As they were given, with folders in the place of what lies on NATS. */
	readonly options: Options;
	/** A signal came while the first of the past was waited for. */
	readonly isStopped: boolean;
	/** From now on troubles are events of that engine, not lines on stderr. */
	watch(monitor: Monitor): void;
	close(): Promise<void>;
};

/** Tells each trouble once: a line on stderr before there is an engine, an event of it afterwards. */
const createTeller = (segment: string, complain: (text: string) => void) => {
	let monitor: Monitor | undefined;
	let last = '';
	return {
		watch(one: Monitor) {
			monitor = one;
		},
		/** '' when the trouble is over. Retries every few seconds are one trouble. */
		tell(detail: string) {
			const text = detail.replace(/; again in .*$/v, '');
			if (text === last) {
				return;
			}

			last = text;
			if (monitor) {
				monitor.send({type: 'link', segment, state: text === '' ? 'up' : 'failed', detail: text});
			} else if (text !== '') {
				complain(`${segment}: ${text}`);
			}
		},
	};
};

/** Publishes the log that will be written in a folder. */
const publish = (options: Options, target: NatsTarget, complain: (text: string) => void): Nats => {
	const [site = ''] = target.sites;
	const folder = sensorFolder(site);
	const {watch, tell} = createTeller(`nats ${site}`, complain);
	const sensor = withSecrets(() => startSensor({
		target, secrets: secretsFor(options), folder,
		onChange({state, detail, problem}: SensorStatus) {
			const isFine = state === 'connected' || state === 'connecting';
			tell(problem || (isFine ? '' : `not published, waits in ${folder}: ${detail}`));
		},
	}));
	return {options: {...options, write: folder}, isStopped: false, watch, close: async () => sensor.close()};
};

/** Makes a log here of what a site published, and resolves when its newest segment has begun. */
const subscribe = async (options: Options, target: NatsTarget, {complain, stopped}: {complain(text: string): void; readonly stopped: Promise<unknown>}): Promise<Nats> => {
	const parent = mkdtempSync(path.join(os.tmpdir(), 'ipvstop-nats-'));
	process.once('exit', () => {
		rmSync(parent, {recursive: true, force: true});
	});
	const {watch, tell} = createTeller(`nats ${target.servers.join(', ')}`, complain);
	const link: Link = withSecrets(() => openLink({
		target, secrets: secretsFor(options), name: 'ipvstop viewer',
		onState({state, detail}: LinkState) {
			tell(state === 'connected' || state === 'connecting' ? '' : detail);
		},
	}));
	let mirror: Mirror | undefined;
	const begin = async (): Promise<string> => {
		const there = target.sites[0] === everySite ? await sitesThere(await link.opened) : target.sites;
		const [site] = there;
		if (site === undefined || there.length > 1) {
			throw new UsageError(site === undefined ? `${target.servers.join(', ')}: no site has published anything` : `one site at a time: name one of ${there.join(', ')}`);
		}

		const folder = `${path.join(parent, site)}/`;
		mirror = startMirror({
			link, site, folder, mostOctets,
			onState(state, detail) {
				tell(state === 'listening' ? '' : detail);
			},
			onProblem: tell,
		});
		await mirror.begun;
		if (options.mode !== 'screen') {
			// Lines begin with the past.
			await mirror.complete;
		}

		return folder;
	};

	const close = async () => {
		mirror?.close();
		await link.close();
	};

	try {
		const folder = await Promise.race([begin(), stopped.then(() => undefined)]);
		return {options: {...options, read: [{name: options.read[0]!.path, path: folder ?? ''}]}, isStopped: folder === undefined, watch, close};
	} catch (error) {
		await close();
		throw error;
	}
};

/** Throws a `UsageError` when it cannot be done as it is asked for. */
export const useNats = async (options: Options, ways: {complain(text: string): void; readonly stopped: Promise<unknown>}): Promise<Nats> => {
	const written = options.write === undefined || !isNatsUrl(options.write) ? undefined : parseNatsTarget(options.write, 'sensor');
	const read = options.read.find(({path: one}) => isNatsUrl(one));
	if (written !== undefined && read !== undefined) {
		throw new UsageError('-r and -w nats://…: a site that is looked at is published by its own sensor');
	}

	const target = written ?? parseNatsTarget(read!.path, 'viewer');
	if (typeof target === 'string') {
		throw new UsageError(target);
	}

	return written === undefined ? subscribe(options, target, ways) : publish(options, target, ways.complain);
};
