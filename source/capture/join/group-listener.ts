import {createSocket, type Socket} from 'node:dgram';
import {isIPv6} from 'node:net';
import {parseAddress} from '../../wire/address.js';
import {createDatagram} from '../../wire/ip/datagram.js';
import {family as families, type Datagram} from '../../wire/packet.js';
import {type CaptureClock} from '../clock.js';
import {type NetworkInterface} from '../interfaces.js';
import {CaptureError} from '../source.js';
import {createMemberships, noAddress, type MembershipProblem, type Memberships} from './membership.js';

/** As much as the system grants (net.core.rmem_max); its default holds a few hundred messages. */
const receiveBufferOctets = 8_388_608;

/** Sockets for groups and ports, which hear on whatever interfaces they are told to join. */
export type GroupListener = {
	/** Joins on these interfaces; gives what did not work, for each group once. */
	update(interfaces: readonly NetworkInterface[]): MembershipProblem[];
	close(): void;
};

type GroupListenerOptions = {
	readonly groups: readonly string[];
	readonly ports: readonly number[];
	readonly clock: CaptureClock;
	/** Number of the place for a sender, whose address carries its interface as a scope where that is known. */
	readonly placeOf: (sender: string, family: 4 | 6) => number;
	readonly deliver: (datagram: Datagram) => void;
};

/** Interface-local and link-local scope, RFC 4291 2.7: the same group on two links is two groups. */
const isLinkLocalGroup = (group: string): boolean => /^ff[\da-f][12]:/i.test(group);

const bindError = (error: unknown, group: string, port: number): CaptureError => {
	const {code, message} = error as NodeJS.ErrnoException;
	const where = `${group} port ${port}`;
	if (code === 'EADDRINUSE') {
		return new CaptureError(`Cannot listen on ${where}: another program holds it alone. Stop that program, or capture with libpcap as root: sudo ipvstop`, 4);
	}

	if (code === 'EACCES') {
		return new CaptureError(`Cannot listen on ${where}: permission denied. Ports below 1024 need root.`, 4);
	}

	if (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL' || code === 'EINVAL') {
		return new CaptureError(`Cannot listen on ${where}: this host has no ${isIPv6(group) ? 'IPv6' : 'IPv4'} for it (${code}). Check --group.`, 4);
	}

	return new CaptureError(`Cannot listen on ${where}: ${message}.`, 4);
};

const bind = async (socket: Socket, port: number, address: string): Promise<void> => new Promise((resolve, reject) => {
	socket.once('error', reject);
	socket.bind({port, address, exclusive: true}, () => {
		socket.off('error', reject);
		resolve();
	});
});

/**
Opens one socket for each group and port. Each is bound to its group, as the kernel's own receiver is, so that it does not
hear groups that other programs joined. Rejects with a `CaptureError`.
*/
export const openGroupListener = async (options: GroupListenerOptions): Promise<GroupListener> => {
	const {groups, ports, clock, placeOf, deliver} = options;
	const sockets: Socket[] = [];
	const memberships: Memberships[] = [];
	// Of a socket's datagrams there is no MAC, no tag, no hop limit and no identification: those stay unknown.
	const datagram = createDatagram();
	const linkLocal = new Map<string, Socket | undefined>();
	let closed = false;
	const close = (): void => {
		closed = true;
		for (const socket of [...sockets.splice(0), ...linkLocal.values()]) {
			socket?.close();
		}

		linkLocal.clear();
	};

	/** `onInterface` names the interface of a link-local group, '' for other groups. */
	const listen = async (group: string, port: number, onInterface: string): Promise<Socket> => {
		const ipv6 = isIPv6(group);
		const socket = createSocket({type: ipv6 ? 'udp6' : 'udp4', reuseAddr: true, ipv6Only: ipv6});
		const destination = parseAddress(group)!.words;
		try {
			await bind(socket, port, onInterface === '' ? group : `${group}%${onInterface}`);
		} catch (error) {
			socket.close();
			throw bindError(error, group, port);
		}

		try {
			socket.setRecvBufferSize(receiveBufferOctets);
		} catch {
			// A smaller buffer loses more under load, and is no reason not to listen.
		}

		// Errors of single datagrams (ICMP) say nothing about the group.
		socket.on('error', () => undefined);
		socket.on('message', (octets, {address, port: sourcePort}) => {
			const source = parseAddress(address.split('%')[0]!);
			if (!source) {
				return;
			}

			datagram.timeUs = clock.nowUs();
			datagram.place = placeOf(onInterface === '' ? address : `${address.split('%')[0]!}%${onInterface}`, source.family);
			datagram.family = source.family;
			datagram.source.set(source.words);
			datagram.destination.set(destination);
			datagram.sourcePort = sourcePort;
			datagram.destinationPort = port;
			datagram.view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
			datagram.length = octets.byteLength;
			datagram.claimedLength = octets.byteLength;
			deliver(datagram);
		});
		return socket;
	};

	/** The sockets of a link-local group belong to one interface each, and are made anew when it returns as another. */
	const updateLinkLocal = (interfaces: readonly NetworkInterface[]): MembershipProblem[] => {
		const problems: MembershipProblem[] = [];
		const still = new Set<string>();
		for (const candidate of interfaces) {
			for (const group of groups.filter(isLinkLocalGroup)) {
				if (!candidate.addresses.some(({family}) => family === families.ipv6)) {
					problems.push({interfaceName: candidate.name, group, reason: noAddress(group)});
					continue;
				}

				for (const port of ports) {
					const key = `${group} ${port} ${candidate.index} ${candidate.name}`;
					still.add(key);
					if (!linkLocal.has(key)) {
						linkLocal.set(key, undefined);
						void openLinkLocal(key, group, port, candidate);
					}
				}
			}
		}

		for (const [key, socket] of linkLocal) {
			if (!still.has(key)) {
				socket?.close();
				linkLocal.delete(key);
			}
		}

		return problems;
	};

	const openLinkLocal = async (key: string, group: string, port: number, candidate: NetworkInterface): Promise<void> => {
		try {
			const socket = await listen(group, port, candidate.name);
			if (closed || !linkLocal.has(key)) {
				socket.close();
				return;
			}

			createMemberships(socket, [group]).update([candidate]);
			linkLocal.set(key, socket);
		} catch {
			// Its address may still be tentative (duplicate address detection): the next update tries again.
			linkLocal.delete(key);
		}
	};

	try {
		for (const group of groups.filter(candidate => !isLinkLocalGroup(candidate))) {
			for (const port of ports) {
				const socket = await listen(group, port, '');
				sockets.push(socket);
				memberships.push(createMemberships(socket, [group]));
			}
		}
	} catch (error) {
		close();
		throw error;
	}

	return {
		update(interfaces) {
			const problems = [...memberships.flatMap(membership => membership.update(interfaces)), ...updateLinkLocal(interfaces)];
			// Several ports of a group fail alike.
			return [...new Map(problems.map(problem => [`${problem.interfaceName} ${problem.group}`, problem])).values()];
		},
		close,
	};
};
