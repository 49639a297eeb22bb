import {readdirSync, readFileSync} from 'node:fs';
import {networkInterfaces} from 'node:os';
import {BlockList} from 'node:net';
import {CaptureError} from './source.js';

/** An interface of this host as Linux describes it. */
export type NetworkInterface = {
	readonly name: string;
	/** Changes when an interface vanishes and returns under the same name; 0 when unknown. */
	readonly index: number;
	/** The administrator wants it up. */
	readonly up: boolean;
	/** It has a link: not `down` or `lowerlayerdown`. */
	readonly running: boolean;
	readonly loopback: boolean;
	readonly multicast: boolean;
	readonly mtu: number;
	/** ARPHRD_ of if_arp.h: 1 is Ethernet, 772 loopback, 65534 none; -1 when unknown. */
	readonly hardwareType: number;
	readonly addresses: readonly InterfaceAddress[];
};

type InterfaceAddress = {
	readonly family: 4 | 6;
	readonly address: string;
	readonly prefixLength: number;
};

// Linux include/uapi/linux/if.h
const flag = {up: 0x1, loopback: 0x8, multicast: 0x10_00} as const;

/** This process, or the system, has no more descriptors or memory to ask with: that says nothing of interfaces. */
const isShortage = (error: unknown): boolean => {
	const {code, info} = error as NodeJS.ErrnoException & {readonly info?: {readonly code?: string}};
	return ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'].includes(info?.code ?? code ?? '');
};

/** For where a failure means that something is not there or not told, but for a shortage. */
const unlessShort = <Value>(error: unknown, otherwise: Value): Value => {
	if (isShortage(error)) {
		throw error;
	}

	return otherwise;
};

const readAttribute = (name: string, attribute: string): string | undefined => {
	try {
		return readFileSync(`/sys/class/net/${name}/${attribute}`, 'utf8').trim();
	} catch (error) {
		return unlessShort<string | undefined>(error, undefined);
	}
};

const listFolder = (): string[] => {
	try {
		return readdirSync('/sys/class/net');
	} catch (error) {
		return unlessShort(error, []);
	}
};

/**
Names from the kernel's list, which follows the network namespace of the process; /sys shows the namespace in which it
was mounted, so it only adds details.
*/
const listNames = (): string[] => {
	try {
		const lines = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2);
		return lines.map(line => line.slice(0, Math.max(0, line.lastIndexOf(':'))).replace(/^ +/v, '')).filter(Boolean);
	} catch (error) {
		return unlessShort(error, listFolder());
	}
};

/** All interfaces of this host. What the system does not tell is left at a harmless value. Throws when it has nothing left to tell it with. */
export const listInterfaces = (): NetworkInterface[] => {
	const names = listNames();
	let known: ReturnType<typeof networkInterfaces> = {};
	try {
		// Node keeps the addresses in a plain object: of an interface called `constructor` it throws, of `__proto__` it changes all objects.
		known = names.some(name => name in Object.prototype) ? {} : networkInterfaces();
	} catch (error) {
		// Some sandboxes forbid to ask; the names of /proc remain.
		known = unlessShort(error, {});
	}

	return [...new Set([...names, ...Object.keys(known)])].map(name => {
		const addresses = (Object.hasOwn(known, name) ? known[name]! : []).map(({family, address, cidr}) => ({
			family: family === 'IPv4' ? 4 as const : 6 as const,
			address,
			prefixLength: Number(cidr?.split('/')[1] ?? (family === 'IPv4' ? 32 : 128)),
		}));
		const flags = Number.parseInt(readAttribute(name, 'flags') ?? '', 16);
		const unknown = Number.isNaN(flags);
		const state = readAttribute(name, 'operstate') ?? 'unknown';
		const loopback = unknown ? addresses.length > 0 && known[name]![0]!.internal : (flags & flag.loopback) !== 0;
		return {
			name,
			index: Number(readAttribute(name, 'ifindex') ?? 0),
			// Node lists only interfaces that are up.
			up: unknown ? addresses.length > 0 : (flags & flag.up) !== 0,
			running: state !== 'down' && state !== 'lowerlayerdown' && state !== 'notpresent',
			loopback,
			multicast: unknown ? !loopback : (flags & flag.multicast) !== 0,
			mtu: Number(readAttribute(name, 'mtu') ?? 1500),
			hardwareType: Number(readAttribute(name, 'type') ?? -1),
			addresses,
		};
	});
};

/**
Lists the interfaces again and again: while nothing can be told, for want of descriptors or memory, those that were there
are taken to be there still. The first time throws a `CaptureError` then.
*/
export const createInterfaceList = (list = listInterfaces): (() => NetworkInterface[]) => {
	let last: NetworkInterface[] | undefined;
	return () => {
		try {
			last = list();
		} catch (error) {
			if (!last) {
				throw new CaptureError(`Cannot list the interfaces of this host: ${(error as Error).message}. Raise the limit of open files (ulimit -n 256).`, 1);
			}
		}

		return last;
	};
};

/** Ends of containers and virtual machines on this host, whose traffic is seen on the bridge or the uplink too. */
const virtualEnd = /^(?:veth|docker|br-[\da-f]{12}$|cni|flannel|cali|lxc|vnet|tap|podman|virbr|kube|weave|cilium|ifb|dummy|nodelocaldns)/;

/** The interfaces to listen on when none is named: up, capable of multicast, and not the inside of this host. */
export const suitableInterfaces = (all: readonly NetworkInterface[]): NetworkInterface[] => {
	const usable = all.filter(candidate => candidate.up && candidate.multicast && !candidate.loopback);
	const outside = usable.filter(({name}) => !virtualEnd.test(name));
	return outside.length > 0 ? outside : usable;
};

/** First IPv4 address with prefix length, '' when there is none. */
export const addressOf = ({addresses}: NetworkInterface): string => {
	const first = addresses.find(({family}) => family === 4);
	return first ? `${first.address}/${first.prefixLength}` : '';
};

/** Finds the name of the interface whose subnet holds an address, undefined when none does. The longest prefix wins. */
export const createSubnetFinder = (all: readonly NetworkInterface[]): ((address: string, family: 4 | 6) => string | undefined) => {
	const subnets = all.flatMap(({name, addresses}) => addresses.map(({address, family, prefixLength}) => {
		const list = new BlockList();
		list.addSubnet(address, prefixLength, family === 4 ? 'ipv4' : 'ipv6');
		return {name, family, prefixLength, list};
	})).sort((left, right) => right.prefixLength - left.prefixLength);
	return (address, family) => {
		const [bare, scope] = address.split('%');
		// A link-local sender names the interface itself.
		return scope ?? subnets.find(subnet => subnet.family === family && subnet.list.check(bare!, family === 4 ? 'ipv4' : 'ipv6'))?.name;
	};
};

/** Addresses of this host as text, without scopes. */
export const ownAddressesOf = (all: readonly NetworkInterface[]): string[] =>
	all.flatMap(({addresses}) => addresses.map(({address}) => address.split('%')[0]!));
