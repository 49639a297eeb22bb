import {type Packet} from '../../wire/packet.js';
import {type KernelTime} from './kernel-time.js';
import {type PcapBinding, type PcapSession} from './pcap-binding.js';

/** One open interface. */
export type PcapHandle = {
	/**
	Delivers what has arrived. False when the handle is broken, as after its interface vanished.
	Throws what `deliver` threw.
	*/
	dispatch(): boolean;
	/** Packets lost so far: by the kernel because we were slow, and by us to keep the thread alive. */
	drops(): number;
	/**
	Stops delivering. libpcap frees a handle without waiting packets only with the process, so what was opened for an
	interface that vanished stays allocated.
	*/
	close(): void;
};

type PcapHandleOptions = {
	readonly device: string;
	/** Tried in turn; the first that compiles is used. */
	readonly filters: readonly string[];
	readonly snapLength: number;
	/** Of the ring that the kernel fills. */
	readonly ringOctets: number;
	readonly place: number;
	readonly time: KernelTime;
	/** Processor time of this thread, in milliseconds: what the bound on one turn is of. */
	readonly processorMs: () => number;
	/** Whether the end was asked for, which the thread hears only between turns: what waits then is not wanted. */
	readonly isEnding?: (() => boolean) | undefined;
	readonly deliver: (packet: Packet) => void;
};

const ringTimeoutMs = 10;
/**
The most processor time of one turn. The binding reads until the ring is empty, which under a flood is never: beyond this
packets are counted as lost unread, so that the ring runs empty and the thread hears its messages again. Not the time that
passes: on a busy host the processor is with others meanwhile, and what waits in the ring then is no flood.
*/
const turnMs = 250;
const turnStep = 64;

const linkTypes: Readonly<Record<string, number>> = {
	LINKTYPE_NULL: 0,
	LINKTYPE_ETHERNET: 1,
	LINKTYPE_RAW: 101,
	LINKTYPE_LINUX_SLL: 113,
	LINKTYPE_IEEE802_11_RADIO: 127,
};

/** The number of a link type that the binding names, or gives as `Unknown linktype N`. */
const linkTypeOf = (name: string): number => linkTypes[name] ?? Number(/\d+$/.exec(name)?.[0] ?? -1);

const noWarning = (): void => undefined;

/**
Sessions that failed to open, by their addon: the next attempt takes one of these. They are not left to the collector of garbage: when the thread ends,
Node unmaps the addon before V8 collects for the last time, and what tells the addon of an object that is gone would jump into nothing.
*/
const unopened = new WeakMap<PcapBinding, PcapSession[]>();

const unopenedOf = (binding: PcapBinding): PcapSession[] => {
	const sessions = unopened.get(binding) ?? [];
	unopened.set(binding, sessions);
	return sessions;
};

/**
Opens an interface. Throws libpcap's own words; a filter that does not compile is none of its reasons unless all fail.
*/
export const openPcapHandle = (binding: PcapBinding, options: PcapHandleOptions): PcapHandle => {
	const {device, filters, snapLength, ringOctets, place, time, processorMs, isEnding, deliver} = options;
	const buffer = Buffer.alloc(snapLength);
	const header = Buffer.alloc(16);
	const headerView = new DataView(header.buffer, header.byteOffset, header.byteLength);
	const packet: Packet = {
		view: new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength),
		offset: 0,
		length: 0,
		originalLength: 0,
		timeUs: 0,
		linkType: -1,
		place,
	};

	let failure: unknown;
	let failed = false;
	let deadlineMs = 0;
	let count = 0;
	let shedding = false;
	let isOver = false;
	let shed = 0;
	let kernelDrops = 0;
	let lastKernelDrops = 0;
	let closed = false;

	// What is thrown through the native frames aborts the process, so it waits until they are gone. The header is in the
	// byte order of this host, as the addon copies it.
	const onPacket = (): void => {
		if (closed || failed || isOver) {
			return;
		}

		if (shedding) {
			shed++;
			return;
		}

		const captured = headerView.getUint32(8, littleEndian);
		packet.length = captured > snapLength ? snapLength : captured;
		packet.originalLength = headerView.getUint32(12, littleEndian);
		packet.timeUs = time.toTimeline(headerView.getUint32(0, littleEndian), headerView.getUint32(4, littleEndian));
		try {
			deliver(packet);
		} catch (error) {
			failure = error;
			failed = true;
			return;
		}

		if (++count % turnStep === 0) {
			isOver = isEnding?.() ?? false;
			shedding = processorMs() > deadlineMs;
		}
	};

	const open = (): PcapSession => {
		const spare = unopenedOf(binding);
		for (const [index, filter] of filters.entries()) {
			const session = spare.pop() ?? new binding.PcapSession();
			try {
				packet.linkType = linkTypeOf(session.open_live(
					device, filter, ringOctets, snapLength, '', onPacket, false, ringTimeoutMs, noWarning, true,
				));
				return session;
			} catch (error) {
				spare.push(session);
				if (!isFilterError(error) || index === filters.length - 1) {
					throw error;
				}
			}
		}

		throw new TypeError('a capture needs a filter');
	};

	const session = open();
	return {
		dispatch() {
			if (closed) {
				return false;
			}

			shedding = false;
			// Few packets that each take long are no flood.
			count = 0;
			deadlineMs = processorMs() + turnMs;
			const result = session.dispatch(buffer, header);
			if (failed) {
				failed = false;
				throw failure;
			}

			// A session that was closed while it delivered has been freed.
			closed ||= result < 0;
			return !closed;
		},
		drops() {
			if (!closed) {
				try {
					const now = session.stats().ps_drop >>> 0;
					// 32 bits, which wrap.
					kernelDrops += (now - lastKernelDrops) >>> 0;
					lastKernelDrops = now;
				} catch {
					// The interface is about to be found gone.
				}
			}

			return kernelDrops + shed;
		},
		close() {
			if (!closed) {
				closed = true;
				session.close();
			}
		},
	};
};

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Errors of pcap_compile in libpcap 1.5 to 1.10, which name what is wrong with the filter rather than with the interface. */
const isFilterError = (error: unknown): boolean =>
	/filter|VLAN|ethernet addresses|expression|not supported on|not supported for linktype|multicast .* link/i.test((error as Error).message);
