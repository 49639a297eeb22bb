import {CaptureError, fullSight, joinedSight, type PacketSink, type Place} from '../source.js';
import {type CaptureClock} from '../clock.js';
import {cookedFilter, ethernetFilter, type FilterOptions} from '../filter-expression.js';
import {openGroupListener, type GroupListener} from '../join/group-listener.js';
import {addressOf, type NetworkInterface} from '../interfaces.js';
import {secondUs} from '../../wire/second.js';
import {type KernelTime} from './kernel-time.js';
import {type PcapBinding} from './pcap-binding.js';
import {openPcapHandle, type PcapHandle} from './pcap-handle.js';

/** Whether libpcap's words mean that the right to capture is missing. */
const isPermissionError = (error: unknown): boolean => /not permitted|permission|CAP_NET_RAW/i.test((error as Error).message);

/** What cannot be captured on, why, and what to do instead. `error` carries libpcap's words. */
const openError = (name: string, error: unknown): CaptureError => {
	const words = (error as Error).message;
	if (isPermissionError(error)) {
		return new CaptureError(`Cannot capture on ${name}: permission denied. Run as root (sudo ipvstop), grant CAP_NET_RAW, or listen without privilege: ipvstop --join`, 4);
	}

	if (/not up/i.test(words)) {
		return new CaptureError(`Cannot capture on ${name}: it is down. Bring it up: ip link set ${name} up`, 4);
	}

	return new CaptureError(`Cannot capture on ${name}: ${words}.`, 4);
};

/** The pseudo-interface that hears all others. */
export const anyInterface = 'any';

/** What all interfaces of a capture share. */
type LiveGround = FilterOptions & {
	readonly binding: PcapBinding;
	readonly sink: Pick<PacketSink, 'packet' | 'datagram'>;
	readonly time: KernelTime;
	readonly clock: CaptureClock;
	/** Never join a group. */
	readonly passive: boolean;
	readonly isEnding?: () => boolean;
};

/** One interface that is captured on, or was, and is again when it returns. `all` are those of the host at this moment. */
export type LiveInterface = {
	readonly name: string;
	/** Opens it for the first time. Gives why that is not possible. */
	open(all: readonly NetworkInterface[]): CaptureError | undefined;
	/** Opens it again when it came back: by joined socket, when the right to capture was given up meanwhile. */
	lookAfter(all: readonly NetworkInterface[]): void;
	/** Delivers what has arrived. False when it broke off, as when the interface vanished. */
	dispatch(): boolean;
	isCaptured(): boolean;
	/** `hidden`: why a switch may keep groups from it. */
	describe(all: readonly NetworkInterface[], hidden: readonly string[]): Place;
	close(): void;
};

const leastRetryUs = secondUs;
const longestRetryUs = 30 * secondUs;
/** Some 22 000 frames of 1500 octets. */
const ringOctets = 33_554_432;
const hardware = {ethernet: 1, loopback: 772, unknown: -1} as const;

/** Node has told it of a thread since 22.19 and 23.9; before that, the time that passes has to do. */
const processorMs = (): number => {
	if (process.threadCpuUsage === undefined) {
		return performance.now();
	}

	const {user, system} = process.threadCpuUsage();
	return (user + system) / 1000;
};

const snapLengthFor = (mtu: number): number => mtu > 1500 ? Math.min(mtu + 64, 262_144) : 2048;

/** `place`: its number in the list of places. */
export const createLiveInterface = (name: string, place: number, ground: LiveGround): LiveInterface => {
	const {binding, sink, time, clock, passive, groups, ports, isEnding} = ground;
	let handle: PcapHandle | undefined;
	/** Hears it when it may not be captured on any more. */
	let listener: GroupListener | undefined;
	/** Its socket is a member of one group at least. */
	let isJoined = false;
	/** Of the interface that was opened last, 0 before. */
	let index = 0;
	/** Drops of the handles before this one. */
	let pastDrops = 0;
	let handleCount = 0;
	let retryUs = 0;
	let retryDelayUs = leastRetryUs;
	/** Why it is not heard, '' when it is or when its state says all. */
	let problem = '';
	let address = '';
	let closed = false;

	const own = (all: readonly NetworkInterface[]): NetworkInterface | undefined => all.find(one => one.name === name);

	/** Throws libpcap's words. */
	const openHandle = (all: readonly NetworkInterface[]): void => {
		if (name.includes('\uFFFD')) {
			// Linux takes almost any octets for a name (dev_valid_name, net/core/dev.c); a string holds characters only.
			throw new Error('its name is not UTF-8. Give it another, or capture on any');
		}

		const candidate = own(all);
		const mayBeEthernet = candidate && ([hardware.ethernet, hardware.loopback, hardware.unknown] as readonly number[]).includes(candidate.hardwareType);
		const mtu = candidate?.mtu ?? Math.max(1500, ...all.filter(({loopback}) => !loopback).map(other => other.mtu));
		handle = openPcapHandle(binding, {
			device: name,
			filters: mayBeEthernet ? [ethernetFilter(ground), cookedFilter(ground)] : [cookedFilter(ground)],
			snapLength: snapLengthFor(mtu),
			// What was opened for an interface that vanished is never freed: the more of it, the less is taken.
			ringOctets: ringOctets >> Math.min(handleCount, 4),
			place,
			time,
			processorMs,
			isEnding,
			deliver(packet) {
				sink.packet(packet);
			},
		});
		handleCount++;
		index = candidate?.index ?? 0;
		problem = '';
		retryDelayUs = leastRetryUs;
	};

	const dropHandle = (): void => {
		if (handle) {
			pastDrops += handle.drops();
			handle.close();
			handle = undefined;
		}
	};

	/** Listens by socket from now on, since capturing is not permitted any more. */
	const openListener = async (): Promise<void> => {
		try {
			const opened = await openGroupListener({groups, ports, clock, placeOf: () => place, deliver(datagram) {
				sink.datagram(datagram);
			}});
			if (closed) {
				opened.close();
			} else {
				listener = opened;
				problem = '';
			}
		} catch (error) {
			problem = (error as Error).message;
		}
	};

	const reopen = (all: readonly NetworkInterface[]): void => {
		const nowUs = clock.nowUs();
		if (nowUs < retryUs || listener) {
			return;
		}

		retryUs = nowUs + retryDelayUs;
		retryDelayUs = Math.min(retryDelayUs * 2, longestRetryUs);
		try {
			openHandle(all);
		} catch (error) {
			if (!isPermissionError(error)) {
				problem = (error as Error).message;
			} else if (passive) {
				problem = 'the right to capture was given up, and --passive forbids to join';
			} else {
				void openListener();
			}
		}
	};

	const stateOf = (candidate: NetworkInterface | undefined, hidden: readonly string[]): Pick<Place, 'state' | 'detail'> => {
		if (name !== anyInterface) {
			if (!candidate) {
				return {state: 'gone', detail: 'the interface vanished; it will be heard again when it returns'};
			}

			if (!candidate.up || !candidate.running) {
				return {state: 'down', detail: candidate.up ? 'no link' : 'the interface is down'};
			}
		}

		if (handle) {
			return {state: 'up', detail: hidden.length === 0 ? '' : `${hidden.join('; ')}: a switch may hide it`};
		}

		if (listener && isJoined) {
			return {state: 'up', detail: 'heard by joined socket, since the right to capture was given up: VRRP, ARP and group reports are hidden'};
		}

		return listener && problem === '' ? {state: 'opening', detail: ''} : {state: 'failed', detail: problem};
	};

	return {
		name,
		open(all) {
			try {
				openHandle(all);
				return undefined;
			} catch (error) {
				problem = (error as Error).message;
				return openError(name, error);
			}
		},
		lookAfter(all) {
			const candidate = own(all);
			if (name !== anyInterface && (!candidate || (index !== 0 && candidate.index !== index))) {
				dropHandle();
			}

			if (!handle && (name === anyInterface || candidate?.up)) {
				reopen(all);
			}

			if (listener) {
				const unjoined = listener.update(candidate ? [candidate] : []);
				isJoined = candidate !== undefined && unjoined.length < groups.length;
				problem = isJoined ? '' : unjoined[0]?.reason ?? '';
			}
		},
		dispatch() {
			if (!handle || handle.dispatch()) {
				return true;
			}

			dropHandle();
			return false;
		},
		isCaptured: () => handle !== undefined,
		describe(all, hidden) {
			const candidate = own(all);
			address = candidate ? addressOf(candidate) : address;
			return {
				name,
				...stateOf(candidate, hidden),
				drops: pastDrops + (handle?.drops() ?? 0),
				sight: listener ? joinedSight : fullSight,
				kind: listener ? 'joined' : 'libpcap',
				address,
			};
		},
		close() {
			closed = true;
			dropHandle();
			listener?.close();
		},
	};
};
