import {isPipe} from './replay/chunks.js';
import {createCaptureClock, type CaptureClock} from './clock.js';
import {combineSources} from './combine.js';
import {createInterfaceList, suitableInterfaces} from './interfaces.js';
import {createJoin} from './join/join.js';
import {createLive} from './live/live.js';
import {loadPcap} from './live/pcap-binding.js';
import {createReplay, type ReplaySource} from './replay/replay.js';
import {type ReplayFile} from './replay/files.js';
import {type Moment} from './replay/moment.js';
import {type ReplayControls} from './replay/timeline.js';
import {CaptureError, type PacketSource} from './source.js';
import {createVia} from './via/via.js';

/** What to listen to. Plain data, so that it can be handed to another thread. */
export type SourceOptions = {
	/** Files to read; '-' is stdin. Only pipes go together with live sources. */
	readonly read: readonly ReplayFile[];
	/** `[NAME=]HOST[:IFACE]` or `[NAME=]CMD`. */
	readonly via: readonly string[];
	/** How much of the past of their logs is asked for; undefined: as it is usual. */
	readonly pastSeconds?: number | undefined;
	/** Words before each of these commands; none by default. */
	readonly through?: readonly string[];
	/** Joined sockets only. */
	readonly join: boolean;
	/** Interfaces for libpcap; empty: those that suit. */
	readonly interfaces: readonly string[];
	readonly passive: boolean;
	/** Heard together with others that are not named here. */
	readonly isBeside?: boolean;
	/** Whether the end was asked for: what waits to be captured then is not wanted. */
	readonly isEnding?: () => boolean;
	readonly groups: readonly string[];
	readonly ports: readonly number[];
	readonly until?: Moment | undefined;
	/** Of files: so many packets are known already. */
	readonly known?: number | undefined;
	/** Of a file on the screen; infinite: as fast as possible. */
	readonly speed: number;
	/** Whether a screen shows it: then a file is paced and a stream is delivered at once. */
	readonly screen: boolean;
};

/** A source, and how to steer it where it can be steered. */
export type OpenedSource = PacketSource & {
	readonly controls?: ReplayControls;
	/** The share of a file that was read, 0 to 1; undefined where there is no telling. */
	progress?(): number | undefined;
};

const openReplay = ({read, screen, speed, until, known, through}: SourceOptions, clock: CaptureClock): ReplaySource => {
	const onScreen = read.some(({path}) => isPipe(path)) ? 'stream' : 'paced';
	return createReplay({files: read, pace: screen ? onScreen : 'packet', speed, until, known, through, clock});
};

/** Sockets need an interface that is up; those of a host without others may be the inside ones. */
const openJoin = ({groups, ports, interfaces}: SourceOptions, clock: CaptureClock): PacketSource => createJoin({
	groups,
	ports,
	listInterfaces: createInterfaceList(),
	select: all => interfaces.length > 0
		? all.filter(({name, up}) => up && interfaces.includes(name))
		: suitableInterfaces(all),
	clock,
});

/** libpcap where it is possible and permitted, joined sockets elsewhere; the description says which and why. */
const openBest = (options: SourceOptions, clock: CaptureClock): PacketSource => {
	const live = createLive({...options, listInterfaces: createInterfaceList(), loadPcap, clock});
	if (options.interfaces.length > 0 || options.passive) {
		return live;
	}

	let chosen: PacketSource = live;
	let why = '';
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<Awaited<PacketSource['ended']>>();
	const follow = (source: PacketSource): void => {
		chosen = source;
		void source.ended.then(end => {
			if (chosen === source) {
				resolveEnded(end);
			}
		});
	};

	return {
		get description() {
			return why === '' ? chosen.description : `${chosen.description} (sync only: ${why})`;
		},
		pace: 'monotonic',
		ended,
		get ownAddresses() {
			return chosen.ownAddresses;
		},
		async start(sink) {
			try {
				await live.start(sink);
				follow(live);
			} catch (error) {
				if (!(error instanceof CaptureError)) {
					throw error;
				}

				why = error.message.includes('permission denied') ? 'no root' : error.message.replace(/\. .*$/s, '');
				const joined = openJoin(options, clock);
				follow(joined);
				await joined.start(sink);
			}
		},
		close() {
			chosen.close();
		},
	};
};

/**
Chooses the source that the options ask for. Nothing is opened before its `start`. `timeline` is what live sources
stamp with; pipes beside them are opened, and commands started, when `released` resolves, with the rights that are left then.
*/
export const openSource = (options: SourceOptions, timeline?: Pick<CaptureClock, 'nowUs' | 'wallUs'>, released?: Promise<void>): OpenedSource => {
	const clock: CaptureClock = {...createCaptureClock(), ...timeline};
	const {read, via} = options;
	const own = options.join || options.interfaces.length > 0;
	if (read.length > 0 && !own && via.length === 0) {
		return openReplay(options, clock);
	}

	const past = read.find(({path}) => !isPipe(path));
	if (past) {
		throw new CaptureError(`Cannot read ${past.path} beside live sources: a file is of the past. Read files alone; pipes go together with -i, -j and --via.`, 2);
	}

	const isAlone = via.length === 1 && read.length === 0 && !own && options.isBeside !== true;
	const ownSource = () => options.join ? openJoin(options, clock) : openBest(options, clock);
	const sources = [
		...(own || (via.length === 0) ? [ownSource()] : []),
		// What comes from several at once is stamped as it comes: none of it may be of the past.
		...via.map(target => createVia({...options, pastSeconds: isAlone ? options.pastSeconds : 0, targets: [target], clock, released})),
		...read.map(file => createReplay({files: [file], pace: 'stream', through: options.through, clock, released})),
	];
	return sources.length === 1 ? sources[0]! : combineSources(sources, clock);
};
