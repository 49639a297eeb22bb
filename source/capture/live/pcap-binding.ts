import {createRequire} from 'node:module';

/** The native half of the package `pcap`. Its other half polls in a way that aborts the process when a thread ends. */
export type PcapSession = {
	/**
	Opens an interface and gives the link type as text. Throws with libpcap's words. `onPacket` finds the packet in the
	buffers that were passed to `dispatch`.
	*/
	open_live(
		device: string, filter: string, bufferSize: number, snapLength: number, outFile: string, onPacket: () => void,
		monitorMode: boolean, bufferTimeoutMs: number, onWarning: (message: string) => void, promiscuous: boolean,
	): string;
	/**
	Delivers all packets that wait, until there are none: 0. Negative: an error, or -2 after `close`, whereupon the
	session is freed and must never be used again.
	*/
	dispatch(buffer: Buffer, header: Buffer): number;
	/** Only asks: the next `dispatch` closes. */
	close(): void;
	/** Counts since it was opened, 32 bits each, which wrap (and come as signed). */
	stats(): {ps_recv: number; ps_drop: number; ps_ifdrop: number};
};

export type PcapBinding = {
	readonly PcapSession: new () => PcapSession;
};

/** Why libpcap cannot be used at all on this host. */
export class PcapUnavailableError extends Error {
	override readonly name = 'PcapUnavailableError';
}

/** One line that says why libpcap is not usable and what to do about it. */
export const describeUnusablePcap = (error: unknown): string => {
	const {code} = error as NodeJS.ErrnoException;
	const message = error instanceof Error ? error.message : String(error);
	const text = message.split('\n')[0]!;
	if (code === 'ONE_FILE') {
		// The single executable: nothing to install or to build.
		return `libpcap is not usable: ${text}`;
	}

	let why = text;
	if (code === 'MODULE_NOT_FOUND') {
		why = 'the optional package pcap was not built';
	} else if (message.includes('NODE_MODULE_VERSION')) {
		why = 'the package pcap was built for another Node';
	} else if (message.includes('libpcap.so')) {
		why = 'the library libpcap is missing';
	} else if (message.includes('did not self-register')) {
		why = 'another thread holds the package pcap';
	}

	return `libpcap is not usable: ${why}. With a compiler and libpcap's headers (Debian: apt install build-essential python3 libpcap-dev) install ipvstop again, with --foreground-scripts to see what goes wrong; in a checkout: npm run build:pcap`;
};

/**
Loads the addon, which only one thread of a process may do. Throws a `PcapUnavailableError`.
*/
export const loadPcap = (): PcapBinding => {
	try {
		return createRequire(import.meta.url)('pcap/build/Release/pcap_binding.node') as PcapBinding;
	} catch (error) {
		throw new PcapUnavailableError(describeUnusablePcap(error));
	}
};
