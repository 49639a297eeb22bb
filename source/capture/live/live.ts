import {type CaptureClock} from '../clock.js';
import {type FilterOptions} from '../filter-expression.js';
import {ownAddressesOf, suitableInterfaces, type NetworkInterface} from '../interfaces.js';
import {createGroupHolder, type GroupHolder, type MembershipProblem} from '../join/membership.js';
import {CaptureError, type PacketSink, type PacketSource, type Place, type SourceEnd} from '../source.js';
import {secondUs} from '../../wire/second.js';
import {createKernelTime} from './kernel-time.js';
import {anyInterface, createLiveInterface, type LiveInterface} from './live-interface.js';
import {PcapUnavailableError, type PcapBinding} from './pcap-binding.js';

type LiveOptions = FilterOptions & {
	/** Names as given by the user; empty: every suitable interface, also those that come up later. */
	readonly interfaces: readonly string[];
	/** Never join a group. */
	readonly passive: boolean;
	readonly listInterfaces: () => NetworkInterface[];
	readonly loadPcap: () => PcapBinding;
	readonly clock: CaptureClock;
	/** Whether the end was asked for: what waits then is not wanted. */
	readonly isEnding?: () => boolean;
};

/** Between two looks at what was captured: while packets come, and at most while none do. Of 97 000 frames a second the ring holds what comes in ten times the latter. */
const dispatchMs = {busy: 5, idle: 20} as const;
/** Time between two looks at the interfaces and at what the kernel dropped. */
const checkUs = secondUs;

/** VRRP over IPv6; a switch that snoops MLD hides it from ports that are no member, as it does with IPv6 sync groups. */
const vrrpGroupIpv6 = 'ff02::12';

/** Those to capture on when none is named. One that is called like the pseudo-interface cannot be had alone: all others would be heard twice. */
const capturable = (all: readonly NetworkInterface[]): NetworkInterface[] => suitableInterfaces(all).filter(({name}) => name !== anyInterface);

/** Groups that switches pass on to everyone, RFC 4541 2.1.2: joining them makes no difference. */
const isFlooded = (group: string): boolean => group.startsWith('224.0.0.') || group === 'ff02::1';

/** The names to capture on. Throws a `CaptureError` when there are none, or one that was named is not there. */
const namesToOpen = (named: readonly string[], all: readonly NetworkInterface[]): readonly string[] => {
	const existing = [...new Set([...all.map(({name}) => name), anyInterface])];
	const unknown = named.find(name => !existing.includes(name));
	if (unknown !== undefined) {
		throw new CaptureError(`Cannot capture on ${unknown}: there is no such interface. There are: ${existing.join(', ')}`, 4);
	}

	const names = named.length > 0 ? [...new Set(named)] : capturable(all).map(({name}) => name);
	if (names.length === 0) {
		throw new CaptureError('Cannot capture: no interface is up and capable of multicast. Bring one up, name one with -i, or read a file: ipvstop -r FILE', 4);
	}

	return names;
};

/**
Captures with libpcap on one interface or several. `start` opens all of them before it resolves, so that privileges can be
dropped then; an interface that returns later is opened again, or heard by joined sockets when that right is gone.
*/
export const createLive = (options: LiveOptions): PacketSource => {
	const {interfaces: named, passive, groups, listInterfaces, loadPcap, clock} = options;
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<SourceEnd>();
	const listening: LiveInterface[] = [];
	const time = createKernelTime();
	let places: Place[] = [];
	let binding: PcapBinding;
	let sink: PacketSink;
	let holder: GroupHolder | undefined;
	let hidden: readonly MembershipProblem[] = [];
	let ownAddresses: string[] = [];
	let closed = false;
	let nextCheckUs = 0;
	/** Whether a packet came since the last look. */
	let isBusy = false;
	let restMs: number = dispatchMs.busy;
	let cancelTimer = (): void => undefined;

	const add = (name: string): LiveInterface => {
		const heard: PacketSink = {
			...sink,
			packet(packet) {
				isBusy = true;
				sink.packet(packet);
			},
		};
		const created = createLiveInterface(name, listening.length, {...options, binding, sink: heard, time});
		listening.push(created);
		return created;
	};

	const publish = (all: readonly NetworkInterface[]): void => {
		const now = listening.map(one => one.describe(all, hidden.filter(({interfaceName}) => interfaceName === one.name).map(({reason}) => reason)));
		if (JSON.stringify(now) !== JSON.stringify(places)) {
			places = now;
			sink.places(places);
		}
	};

	/** Where to be a member: on all that are captured on; `any` captures on all. */
	const memberInterfaces = (all: readonly NetworkInterface[]): NetworkInterface[] =>
		listening.some(({name}) => name === anyInterface)
			? suitableInterfaces(all)
			: all.filter(({name, up}) => up && listening.some(one => one.name === name));

	const joinGroups = (all: readonly NetworkInterface[]): void => {
		// An address that was lost with the link is ours as well: the kernel joins again before we see it come back.
		ownAddresses = [...new Set([...ownAddresses, ...ownAddressesOf(all)])];
		const problems = holder?.update(memberInterfaces(all)) ?? [];
		hidden = problems.filter(({group}) => groups.includes(group) && !isFlooded(group));
	};

	/** Looks after interfaces that went, came back or are new. */
	const check = (): void => {
		const all = listInterfaces();
		if (named.length === 0) {
			for (const {name} of capturable(all)) {
				if (!listening.some(one => one.name === name)) {
					add(name);
				}
			}
		}

		for (const one of listening) {
			one.lookAfter(all);
		}

		joinGroups(all);
		publish(all);
	};

	const turn = (): void => {
		const nowUs = clock.nowUs();
		time.beginTurn(nowUs, clock.wallUs());
		isBusy = false;
		for (const one of listening) {
			if (!one.dispatch()) {
				// Now rather than in a second: what vanished may be back already.
				nextCheckUs = 0;
			}
		}

		if (closed) {
			return;
		}

		if (nowUs >= nextCheckUs) {
			nextCheckUs = nowUs + checkUs;
			check();
		}

		restMs = isBusy ? dispatchMs.busy : Math.min(restMs * 2, dispatchMs.idle);
		cancelTimer = clock.after(restMs, turn);
	};

	/** Opens what was asked for. Throws a `CaptureError` when nothing can be heard, or something that was named. */
	const openAll = (all: readonly NetworkInterface[]): void => {
		let failure: CaptureError | undefined;
		for (const name of namesToOpen(named, all)) {
			const problem = add(name).open(all);
			failure ??= problem;
		}

		if (failure && (named.length > 0 || listening.every(one => !one.isCaptured()))) {
			throw failure;
		}
	};

	const close = (): void => {
		if (!closed) {
			closed = true;
			cancelTimer();
			holder?.close();
			for (const one of listening) {
				one.close();
			}

			resolveEnded({problems: []});
		}
	};

	return {
		get description() {
			return `libpcap on ${listening.map(({name}) => name).join(', ')}`;
		},
		pace: 'monotonic',
		ended,
		get ownAddresses() {
			return ownAddresses;
		},
		async start(to) {
			sink = to;
			try {
				binding = loadPcap();
				const all = listInterfaces();
				openAll(all);
				if (!passive) {
					holder = createGroupHolder([...groups, vrrpGroupIpv6]);
				}

				joinGroups(all);
				publish(all);
			} catch (error) {
				close();
				throw error instanceof PcapUnavailableError ? new CaptureError(error.message, 4) : error;
			}

			cancelTimer = clock.after(dispatchMs.busy, turn);
		},
		close,
	};
};
