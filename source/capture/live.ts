import {type CaptureClock} from './clock.js';
import {cookedFilter, ethernetFilter, type FilterOptions} from './filter-expression.js';
import {addressOf, ownAddressesOf, suitableInterfaces, type NetworkInterface} from './interfaces.js';
import {openGroupListener, type GroupListener} from './group-listener.js';
import {createKernelTime} from './kernel-time.js';
import {createGroupHolder, type GroupHolder, type MembershipProblem} from './membership.js';
import {isPermissionError, openError} from './open-failure.js';
import {PcapUnavailableError, type PcapBinding} from './pcap-binding.js';
import {openPcapHandle, type PcapHandle} from './pcap-handle.js';
import {CaptureError, type PacketSink, type PacketSource, type Place, type SourceEnd} from './source.js';

export type LiveOptions = FilterOptions & {
	/** Names as given by the user; empty: every suitable interface, also those that come up later. */
	readonly interfaces: readonly string[];
	/** Never join a group. */
	readonly passive: boolean;
	readonly listInterfaces: () => NetworkInterface[];
	readonly loadPcap: () => PcapBinding;
	readonly clock: CaptureClock;
};

const dispatchMs = 5;
/** Time between two looks at the interfaces and at what the kernel dropped. */
const checkUs = 1_000_000;
const longestRetryUs = 30_000_000;
/** Some 22 000 frames of 1500 octets. */
const ringOctets = 33_554_432;
const hardware = {ethernet: 1, loopback: 772} as const;
/** The pseudo-interface that hears all others. */
const anyInterface = 'any';

const fullSight = {sync: true, vrrp: true, arp: true, groupReports: true};
const joinedSight = {sync: true, vrrp: false, arp: false, groupReports: false};

/** VRRP over IPv6; a switch that snoops MLD hides it from ports that are no member, as it does with IPv6 sync groups. */
const vrrpGroupIpv6 = 'ff02::12';

/** Groups that switches pass on to everyone, RFC 4541 2.1.2: joining them makes no difference. */
const isFlooded = (group: string): boolean => group.startsWith('224.0.0.') || group === 'ff02::1';

/** One interface that is captured on, or was. */
type Listening = {
	readonly name: string;
	/** Its number in the list of places. */
	readonly place: number;
	handle: PcapHandle | undefined;
	/** Hears it when it may not be captured on any more. */
	listener: GroupListener | undefined;
	index: number;
	/** Drops of the handles before this one. */
	pastDrops: number;
	handleCount: number;
	retryUs: number;
	retryDelayUs: number;
	/** Why it is not heard, '' when it is or when its state says all. */
	problem: string;
};

/**
Captures with libpcap on one interface or several. `start` opens all of them before it resolves, so that privileges can be
dropped then; an interface that returns later is opened again, or heard by joined sockets when that right is gone.
*/
export const createLive = (options: LiveOptions): PacketSource => {
	const {interfaces: named, passive, groups, ports, listInterfaces, loadPcap, clock} = options;
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<SourceEnd>();
	const listening: Listening[] = [];
	const time = createKernelTime();
	let places: Place[] = [];
	let binding: PcapBinding;
	let sink: PacketSink;
	let holder: GroupHolder | undefined;
	let hidden: readonly MembershipProblem[] = [];
	let ownAddresses: string[] = [];
	let closed = false;
	let nextCheckUs = 0;
	let cancelTimer = (): void => undefined;

	const add = (name: string): Listening => {
		const created: Listening = {
			name,
			place: listening.length,
			handle: undefined,
			listener: undefined,
			index: 0,
			pastDrops: 0,
			handleCount: 0,
			retryUs: 0,
			retryDelayUs: checkUs,
			problem: '',
		};
		listening.push(created);
		return created;
	};

	const snapLengthFor = (mtu: number): number => mtu > 1500 ? Math.min(mtu + 64, 262_144) : 2048;

	/** Throws libpcap's words. */
	const openHandle = (one: Listening, candidate: NetworkInterface | undefined, all: readonly NetworkInterface[]): void => {
		const ethernet = candidate && (candidate.hardwareType === hardware.ethernet || candidate.hardwareType === hardware.loopback);
		const mtu = candidate?.mtu ?? Math.max(1500, ...all.filter(({loopback}) => !loopback).map(other => other.mtu));
		one.handle = openPcapHandle(binding, {
			device: one.name,
			filters: ethernet || candidate?.hardwareType === -1 ? [ethernetFilter(options), cookedFilter(options)] : [cookedFilter(options)],
			snapLength: snapLengthFor(mtu),
			// What was opened for an interface that vanished is never freed: the more of it, the less is taken.
			ringOctets: ringOctets >> Math.min(one.handleCount, 4),
			place: one.place,
			time,
			monotonicMs: () => performance.now(),
			deliver(packet) {
				sink.packet(packet);
			},
		});
		one.handleCount++;
		one.index = candidate?.index ?? 0;
		one.problem = '';
		one.retryDelayUs = checkUs;
	};

	/** Listens by socket from now on, since capturing is not permitted any more. */
	const openListener = async (one: Listening): Promise<void> => {
		try {
			const listener = await openGroupListener({groups, ports, clock, placeOf: () => one.place, deliver(datagram) {
				sink.datagram(datagram);
			}});
			if (closed) {
				listener.close();
			} else {
				one.listener = listener;
				one.problem = '';
			}
		} catch (error) {
			one.problem = (error as Error).message;
		}
	};

	const reopen = (one: Listening, candidate: NetworkInterface | undefined, all: readonly NetworkInterface[]): void => {
		const nowUs = clock.nowUs();
		if (nowUs < one.retryUs || one.listener) {
			return;
		}

		one.retryUs = nowUs + one.retryDelayUs;
		one.retryDelayUs = Math.min(one.retryDelayUs * 2, longestRetryUs);
		try {
			openHandle(one, candidate, all);
		} catch (error) {
			if (!isPermissionError(error)) {
				one.problem = (error as Error).message;
			} else if (passive) {
				one.problem = 'the right to capture was given up, and --passive forbids to join';
			} else {
				void openListener(one);
			}
		}
	};

	const dropHandle = (one: Listening): void => {
		if (one.handle) {
			one.pastDrops += one.handle.drops();
			one.handle.close();
			one.handle = undefined;
		}
	};

	const stateOf = (one: Listening, candidate: NetworkInterface | undefined): Pick<Place, 'state' | 'detail'> => {
		if (one.name !== anyInterface) {
			if (!candidate) {
				return {state: 'gone', detail: 'the interface vanished; it will be heard again when it returns'};
			}

			if (!candidate.up || !candidate.running) {
				return {state: 'down', detail: candidate.up ? 'no link' : 'the interface is down'};
			}
		}

		if (one.handle) {
			const reasons = hidden.filter(({interfaceName}) => interfaceName === one.name).map(({reason}) => reason);
			return {state: 'up', detail: reasons.length === 0 ? '' : `${reasons.join('; ')}: a switch may hide it`};
		}

		return one.listener
			? {state: 'up', detail: 'heard by joined socket, since the right to capture was given up: VRRP, ARP and group reports are hidden'}
			: {state: 'failed', detail: one.problem};
	};

	const describe = (all: readonly NetworkInterface[]): Place[] => listening.map(one => {
		const candidate = all.find(({name}) => name === one.name);
		return {
			name: one.name,
			...stateOf(one, candidate),
			drops: one.pastDrops + (one.handle?.drops() ?? 0),
			sight: one.listener ? joinedSight : fullSight,
			kind: one.listener ? 'joined' : 'libpcap',
			address: candidate ? addressOf(candidate) : (places[one.place]?.address ?? ''),
		};
	});

	const publish = (all: readonly NetworkInterface[]): void => {
		const now = describe(all);
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
		ownAddresses = ownAddressesOf(all);
		const problems = holder?.update(memberInterfaces(all)) ?? [];
		hidden = problems.filter(({group}) => groups.includes(group) && !isFlooded(group));
	};

	/** Looks after interfaces that went, came back or are new. */
	const check = (): void => {
		const all = listInterfaces();
		if (named.length === 0) {
			for (const {name} of suitableInterfaces(all)) {
				if (!listening.some(one => one.name === name)) {
					add(name);
				}
			}
		}

		for (const one of listening) {
			const candidate = all.find(({name}) => name === one.name);
			if (one.name !== anyInterface && (!candidate || (one.index !== 0 && candidate.index !== one.index))) {
				dropHandle(one);
			}

			if (!one.handle && (one.name === anyInterface || candidate?.up)) {
				reopen(one, candidate, all);
			}

			one.listener?.update(candidate ? [candidate] : []);
		}

		joinGroups(all);
		publish(all);
	};

	const turn = (): void => {
		const nowUs = clock.nowUs();
		time.beginTurn(nowUs, clock.wallUs());
		for (const one of listening) {
			if (one.handle && !one.handle.dispatch()) {
				dropHandle(one);
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

		cancelTimer = clock.after(dispatchMs, turn);
	};

	/** Opens what was asked for; throws a `CaptureError` when nothing can be heard, or something that was named. */
	const openAll = (all: readonly NetworkInterface[]): void => {
		const existing = [...all.map(({name}) => name), anyInterface];
		const unknown = named.find(name => !existing.includes(name));
		if (unknown !== undefined) {
			throw new CaptureError(`Cannot capture on ${unknown}: there is no such interface. There are: ${existing.join(', ')}`, 4);
		}

		const names = named.length > 0 ? [...new Set(named)] : suitableInterfaces(all).map(({name}) => name);
		if (names.length === 0) {
			throw new CaptureError('Cannot capture: no interface is up and capable of multicast. Bring one up, name one with -i, or read a file: ipvstop -r FILE', 4);
		}

		let failure: CaptureError | undefined;
		for (const name of names) {
			const one = add(name);
			try {
				openHandle(one, all.find(candidate => candidate.name === name), all);
			} catch (error) {
				one.problem = (error as Error).message;
				failure ??= openError(name, error);
			}
		}

		if (failure && (named.length > 0 || listening.every(({handle}) => !handle))) {
			throw failure;
		}
	};

	const close = (): void => {
		if (!closed) {
			closed = true;
			cancelTimer();
			holder?.close();
			for (const one of listening) {
				dropHandle(one);
				one.listener?.close();
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

			cancelTimer = clock.after(dispatchMs, turn);
		},
		close,
	};
};
