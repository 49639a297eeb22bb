import {createSocket, type Socket} from 'node:dgram';
import {isIPv6} from 'node:net';
import {type NetworkInterface} from '../interfaces.js';

/** Why a group cannot be joined on an interface. */
export type MembershipProblem = {readonly interfaceName: string; readonly group: string; readonly reason: string};

/** The groups that a socket is a member of, on interfaces that come and go. */
export type Memberships = {
	/**
	Joins on the interfaces where it is no member yet. Gives what did not work. Interfaces that vanished need no leaving:
	the kernel forgets their memberships itself.
	*/
	update(interfaces: readonly NetworkInterface[]): MembershipProblem[];
};

const reasonOf = (error: unknown): string => {
	const {code, message} = error as NodeJS.ErrnoException;
	switch (code) {
		case 'ENOBUFS': {
			return 'the system allows no more memberships (net.ipv4.igmp_max_memberships)';
		}

		case 'ENODEV':
		case 'EADDRNOTAVAIL': {
			return 'the interface or its address has just gone';
		}

		default: {
			return message;
		}
	}
};

export const noAddress = (group: string): string =>
	`it has no ${isIPv6(group) ? 'IPv6' : 'IPv4'} address, which joining ${group} needs`;

/** What `addMembership` takes to name the interface for a group: an address of it for IPv4, its name as a scope for IPv6. */
const handleOf = (candidate: NetworkInterface, ipv6: boolean): string | undefined => {
	if (ipv6) {
		return candidate.addresses.some(({family}) => family === 6) ? `::%${candidate.name}` : undefined;
	}

	return candidate.addresses.find(({family}) => family === 4)?.address;
};

export const createMemberships = (socket: Socket, groups: readonly string[]): Memberships => {
	let joined = new Set<string>();
	return {
		update(interfaces) {
			const problems: MembershipProblem[] = [];
			const still = new Set<string>();
			for (const candidate of interfaces) {
				for (const group of groups) {
					const ipv6 = isIPv6(group);
					const handle = handleOf(candidate, ipv6);
					if (handle === undefined) {
						problems.push({interfaceName: candidate.name, group, reason: noAddress(group)});
						continue;
					}

					// The index is another one after the interface was removed and made again.
					const key = `${group} ${candidate.index} ${candidate.name} ${ipv6 ? '' : handle}`;
					try {
						if (!joined.has(key)) {
							socket.addMembership(group, handle);
						}

						still.add(key);
					} catch (error) {
						if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
							// The kernel counts by interface; it is a member already through another address.
							still.add(key);
						} else {
							problems.push({interfaceName: candidate.name, group, reason: `cannot join ${group}: ${reasonOf(error)}`});
						}
					}
				}
			}

			joined = still;
			return problems;
		},
	};
};

/** Memberships that receive nothing: they only make switches and the network card pass the groups on to a capture. */
export type GroupHolder = Memberships & {close(): void};

/** Joins `groups` with a socket for each family that is bound to no port of theirs. Never throws. */
export const createGroupHolder = (groups: readonly string[]): GroupHolder => {
	const sockets: Socket[] = [];
	const memberships = [false, true].flatMap(ipv6 => {
		const ofFamily = groups.filter(group => isIPv6(group) === ipv6);
		if (ofFamily.length === 0) {
			return [];
		}

		const socket = createSocket(ipv6 ? 'udp6' : 'udp4');
		socket.on('error', () => undefined);
		sockets.push(socket);
		return [createMemberships(socket, ofFamily)];
	});

	return {
		update: interfaces => memberships.flatMap(membership => membership.update(interfaces)),
		close() {
			for (const socket of sockets.splice(0)) {
				try {
					socket.close();
				} catch {
					// It never was bound because every membership failed.
				}
			}
		},
	};
};
