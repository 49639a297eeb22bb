/* `-r nats://…` and `-w nats://…`: a log that lies on NATS, as a folder of this host that everything else reads and writes. */
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {type Monitor} from '../engine/monitor.js';
import {differenceText, recentUs} from '../log/recent.js';
import {openLink, secretsOf, type Link, type LinkState, type NatsSecrets} from '../nats/connection.js';
import {startMirror, type Mirror} from '../nats/mirror.js';
import {startSensor, type SensorStatus} from '../nats/sensor.js';
import {clockDifference, sitesThere} from '../nats/stream.js';
import {everySite, isNatsUrl, parseNatsTarget, type NatsTarget} from '../nats/target.js';
import {type Options} from '../options/options.js';
import {UsageError} from '../options/usage-error.js';
import {readsOnly} from './start.js';

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
const sensorFolder = (site: string): string => {
	const state = process.env['STATE_DIRECTORY']?.split(':', 1)[0]
		?? (process.getuid?.() === 0 ? '/var/lib/ipvstop' : path.join(process.env['XDG_STATE_HOME'] || path.join(os.homedir(), '.local/state'), 'ipvstop'));
	const folder = path.join(state, `sensor-${site}`);
	mkdirSync(folder, {recursive: true, mode: 0o750});
	return `${folder}/`;
};

/** What a viewer keeps of all its sites. */
const mostOctets = 2 ** 30;

type Nats = {
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
			if (last !== '') {
				one.send({type: 'link', segment, state: 'failed', detail: last});
			}
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

/** How often the engine is told how publishing goes. */
const statusMs = 1000;

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
	let timer: NodeJS.Timeout | undefined;
	return {
		options: {...options, write: folder}, isStopped: false,
		watch(monitor) {
			watch(monitor);
			timer = setInterval(() => {
				const {state, counts: {frames, octets, repeats}, waiting, lost} = sensor.status();
				monitor.send({type: 'publishing', publishing: {site, state, frames, octets, repeats, waiting, lost}});
			}, statusMs);
			timer.unref();
		},
		async close() {
			clearInterval(timer);
			await sensor.close();
		},
	};
};

/** A site's log, as it is made here. */
type Site = {readonly site: string; readonly folder: string; readonly link: Link; readonly mirror: Mirror; readonly teller: ReturnType<typeof createTeller>};

/** So long the first picture of several sites waits for those that are slow to answer. */
const patienceMs = 3000;
/** And for as much of the past as it begins with. */
const pastPatienceMs = 15_000;
/** How often is looked whether there are further sites, where all are wanted. */
const lookMs = 30_000;

const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
	const {promise: over, resolve} = Promise.withResolvers<void>();
	const timer = setTimeout(resolve, ms);
	await Promise.race([work, over]);
	clearTimeout(timer);
};

/** Waits until so much of the sites is here that the mode can begin with it. Gives how far the clocks of their sensors are from this host's, in milliseconds. */
const gather = async (sites: readonly Site[], {mode, isAlone}: {readonly mode: Options['mode']; readonly isAlone: boolean}): Promise<readonly number[]> => {
	/** Those whose past is waited for. */
	const begun = new Set<Mirror>();
	if (isAlone) {
		await sites[0]!.mirror.begun;
	} else {
		// A site that nobody has heard of yet is not waited for.
		await within(patienceMs, Promise.all(sites.map(async ({mirror}) => {
			await mirror.begun;
			begun.add(mirror);
		})));
	}

	const differences = await Promise.all(sites.map(async ({link, site}) => clockDifference(await link.opened, site)));
	if (mode !== 'screen') {
		// Lines begin with the past.
		await (isAlone ? sites[0]!.mirror.complete : within(pastPatienceMs, Promise.all([...begun].map(async ({complete}) => complete))));
	} else if (!isAlone) {
		const fromMs = Date.now() - (recentUs / 1000);
		await within(pastPatienceMs, Promise.all(sites.map(async ({mirror}, index) => begun.has(mirror) ? mirror.reaching((fromMs - differences[index]!) * 1000) : undefined)));
	}

	return differences;
};

/** Makes logs here of what sites published. */
const subscribe = async (options: Options, {complain, stopped}: {complain(text: string): void; readonly stopped: Promise<unknown>}): Promise<Nats> => {
	const parent = mkdtempSync(path.join(os.tmpdir(), 'ipvstop-nats-'));
	process.once('exit', () => {
		rmSync(parent, {recursive: true, force: true});
	});
	const links: Link[] = [];
	const sites: Site[] = [];
	const tellers: Array<ReturnType<typeof createTeller>> = [];
	let timer: NodeJS.Timeout | undefined;
	let watching: Monitor | undefined;

	const newTeller = (segment: string) => {
		const teller = createTeller(segment, complain);
		tellers.push(teller);
		if (watching) {
			teller.watch(watching);
		}

		return teller;
	};

	/** Those of one address, with a link for all of them. */
	const sitesOf = async (target: NatsTarget): Promise<ReadonlyArray<{readonly site: string; readonly link: Link}>> => {
		const servers = target.servers.join(', ');
		const teller = newTeller(`nats ${servers}`);
		const link = withSecrets(() => openLink({
			target, secrets: secretsFor(options), name: 'ipvstop viewer',
			onState({state, detail}: LinkState) {
				teller.tell(state === 'connected' || state === 'connecting' ? '' : detail);
			},
		}));
		links.push(link);
		if (target.sites[0] !== everySite) {
			return target.sites.map(site => ({site, link}));
		}

		const there = await sitesThere(await link.opened);
		if (there.length === 0) {
			throw new UsageError(`${servers}: no site has published anything`);
		}

		const seen = new Set(there);
		timer = setInterval(() => {
			void (async () => {
				const more = link.isConnected ? await sitesThere(await link.opened).catch(() => []) : [];
				for (const site of more.filter(one => !seen.has(one))) {
					seen.add(site);
					newTeller(site).tell('publishes for the first time, and is not shown here: start anew to see it');
				}
			})();
		}, lookMs);
		timer.unref();
		return there.map(site => ({site, link}));
	};

	const begin = async (): Promise<Options> => {
		const found = await Promise.all(options.read.map(async one => {
			const target = isNatsUrl(one.path) ? parseNatsTarget(one.path, 'viewer') : undefined;
			if (typeof target === 'string') {
				throw new UsageError(target);
			}

			return {one, published: target && await sitesOf(target)};
		}));
		const count = found.reduce((sum, {published}) => sum + (published?.length ?? 0), 0);
		const isAlone = count === 1 && options.read.length === 1 && readsOnly(options);
		const read = found.map(({one, published}) => published?.map(({site, link}) => {
			const folder = `${path.join(parent, String(sites.length), site)}/`;
			const teller = isAlone ? tellers[0]! : newTeller(site);
			const mirror = startMirror({
				// What is kept of all sites together has a bound, however many there are.
				link, site, folder, mostOctets: Math.floor(mostOctets / count),
				onState(state, detail) {
					teller.tell(state === 'listening' ? '' : detail);
				},
				onProblem: teller.tell,
			});
			sites.push({site, folder, link, mirror, teller});
			return {name: isAlone ? one.path : site, path: folder};
		}) ?? [one]);
		const differences = await gather(sites, {mode: options.mode, isAlone});
		for (const [index, difference] of differences.entries()) {
			const text = differenceText(difference * 1000);
			if (text !== '') {
				sites[index]!.teller.tell(isAlone ? text.replace(/:.*$/v, ': times are those of its clock') : text);
			}
		}

		return {...options, read: read.flat().map(one => {
			const index = sites.findIndex(({folder}) => folder === one.path);
			return index === -1 || isAlone ? one : {...one, differenceUs: differences[index]! * 1000};
		})};
	};

	const close = async () => {
		clearInterval(timer);
		for (const {mirror} of sites) {
			mirror.close();
		}

		await Promise.all(links.map(async link => link.close()));
	};

	try {
		const found = await Promise.race([begin(), stopped.then(() => undefined)]);
		return {
			options: found ?? options, isStopped: found === undefined, close,
			watch(monitor) {
				watching = monitor;
				for (const teller of tellers) {
					teller.watch(monitor);
				}
			},
		};
	} catch (error) {
		await close();
		throw error;
	}
};

/** Throws a `UsageError` when it cannot be done as it is asked for. */
export const useNats = async (options: Options, ways: {complain(text: string): void; readonly stopped: Promise<unknown>}): Promise<Nats> => {
	const written = options.write === undefined || !isNatsUrl(options.write) ? undefined : parseNatsTarget(options.write, 'sensor');
	if (written === undefined) {
		return subscribe(options, ways);
	}

	if (options.read.some(({path: one}) => isNatsUrl(one))) {
		throw new UsageError('-r and -w nats://…: a site that is looked at is published by its own sensor');
	}

	if (typeof written === 'string') {
		throw new UsageError(written);
	}

	return publish(options, written, ways.complain);
};
