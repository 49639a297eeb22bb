import {type AddressWords} from '../wire/packet.js';
import {secondUs} from '../wire/second.js';
import {type Agenda} from './agenda.js';
import {type SimulatedDirector} from './director.js';
import {clientAddress, services, type SimulatedService} from './network.js';
import {type Random} from './random.js';
import {
	persistentNetwork,
	sessionRecord,
	tcpState,
	templateRecord,
	type Session,
} from './session.js';

/** Default of the kernel's sync_threshold: the 3rd packet of a client, then every 50th after it. */
const threshold = 3;
const period = 50;
/** The clients of all services. What they do depends on who is master and on what that one knows. */
export type Traffic = {
	/** Makes the sessions that are open at the start, which director 0 knows, and lets others follow. */
	begin(): void;
	/** Nobody forwards: clients repeat themselves until somebody does. */
	interrupt(): void;
	/** There is a master (again). Sessions it does not know are reset at their next packet. */
	resume(): void;
	/** The tables of this director are gone. */
	forget(director: number): void;
};

export const createTraffic = (
	agenda: Agenda,
	random: Random,
	directors: readonly [SimulatedDirector, SimulatedDirector],
): Traffic => {
	const sessions = new Set<Session>();
	let born = 0;

	const masterNumber = (): number => directors.findIndex(director => director.role() === 'master');

	const announce = (session: Session, state: number): void => {
		const number = masterNumber();
		const knowledge = session.known[number];
		if (!knowledge || knowledge === 'none') {
			return;
		}

		const master = directors[number]!;
		const peer = 1 - number;
		const learn = (): void => {
			if (directors[peer]!.role() === 'backup' && session.known[peer] === 'none') {
				session.known[peer] = 'synced';
			}
		};

		master.announce(sessionRecord(session, state, knowledge), learn);
		if (session.service.persistenceSeconds > 0) {
			master.announce(templateRecord(session, knowledge), () => undefined);
		}
	};

	const later = (session: Session, delayUs: number, action: () => void): void => {
		const {plan} = session;
		agenda.after(delayUs, () => {
			if (session.plan === plan) {
				action();
			}
		});
	};

	/** The end of a TCP session, in the states that its director sees: with direct routing only what the client says. */
	const close = (session: Session): void => {
		sessions.delete(session);
		if (session.service.protocol === 17) {
			return;
		}

		const manner = random.fraction();
		if (manner < 0.01) {
			// Reset by the real server: no packet of the client, no announcement, and backups keep it open
			return;
		}

		if (manner < 0.08) {
			announce(session, tcpState.close);
		} else if (session.service.forwarding === 'route') {
			announce(session, tcpState.finWait);
		} else {
			const serverEnds = random.fraction() < 0.2;
			announce(session, serverEnds ? tcpState.closeWait : tcpState.finWait);
			later(session, serverEnds ? random.exponential(8 * secondUs) : random.between(20_000, 400_000), () => {
				announce(session, tcpState.timeWait);
			});
		}
	};

	/** Packets until the one that the master will announce. */
	const packetsToAnnouncement = ({packets}: Session): number => packets < threshold
		? threshold - packets
		: period - ((packets - threshold) % period);

	const planNext = (session: Session): void => {
		session.plan++;
		const toAnnouncement = packetsToAnnouncement(session);
		// Every packet announces the template, whatever its number
		const packets = session.service.persistenceSeconds > 0 ? 1 : toAnnouncement;
		const delayUs = packets * session.packetUs * random.between(0.7, 1.3);
		const lifeUs = session.endsAtUs - agenda.now();
		if (lifeUs <= delayUs) {
			later(session, lifeUs, () => {
				close(session);
			});
			return;
		}

		later(session, delayUs, () => {
			session.packets += packets;
			if (packets === toAnnouncement) {
				announce(session, session.service.protocol === 17 ? 0 : tcpState.established);
			} else {
				const number = masterNumber();
				directors[number]?.announce(templateRecord(session, session.known[number]), () => undefined);
			}

			planNext(session);
		});
	};

	/** Persistent clients go where their network went before; the others anywhere. */
	const realServerFor = (service: SimulatedService, network: AddressWords): AddressWords => service.persistenceSeconds > 0
		? service.realServers[(Math.imul(network[0]!, 0x9e_37_79_b1) >>> 16) % service.realServers.length]!
		: random.pick(service.realServers);

	const createSession = (service: SimulatedService): Session => {
		const client = clientAddress(service.family, random.below(1500));
		const network = persistentNetwork(service, client);
		const {low, high} = service.packetSeconds;
		return {
			service,
			client,
			network,
			// 28 229 is a prime, so no port is used twice among so many sessions
			cport: 32_768 + ((++born * 7919) % 28_229),
			realServer: realServerFor(service, network),
			packets: 0,
			// Most clients are quick, some are slow
			packetUs: secondUs * (low + ((high - low) * (random.fraction() ** 2))),
			endsAtUs: agenda.now() + (secondUs * (1 + random.exponential(service.lifeSeconds))),
			known: ['none', 'none'],
			plan: 0,
		};
	};

	const openSession = (service: SimulatedService): void => {
		const number = masterNumber();
		if (number === -1) {
			agenda.after(random.between(0.5, 1.5) * secondUs, () => {
				openSession(service);
			});
			return;
		}

		const session = createSession(service);
		sessions.add(session);
		session.known[number] = 'own';
		// The handshake is quick: two of its packets come from the client
		session.packets = service.protocol === 17 ? 1 : 2;
		planNext(session);
	};

	const keepOpening = (service: SimulatedService): void => {
		agenda.after(random.exponential(secondUs / service.birthsPerSecond), () => {
			openSession(service);
			keepOpening(service);
		});
	};

	/** A reset client connects again; a UDP flow is scheduled anew without noticing. */
	const meetStranger = (session: Session, number: number): void => {
		session.plan++;
		later(session, random.fraction() * session.packetUs, () => {
			if (session.service.protocol === 17) {
				session.known[number] = 'own';
				session.realServer = random.pick(session.service.realServers);
				session.packets = 1;
				planNext(session);
				return;
			}

			sessions.delete(session);
			agenda.after(random.between(0.2, 2) * secondUs, () => {
				openSession(session.service);
			});
		});
	};

	return {
		begin() {
			for (const service of services) {
				for (let count = 0; count < service.sessions; count++) {
					const session = createSession(service);
					session.known[0] = 'own';
					session.packets = threshold + random.below(period);
					sessions.add(session);
					planNext(session);
				}

				keepOpening(service);
			}
		},
		interrupt() {
			for (const session of sessions) {
				session.plan++;
			}
		},
		resume() {
			const number = masterNumber();
			for (const session of sessions) {
				if (session.known[number] === 'none') {
					meetStranger(session, number);
					continue;
				}

				// A received record sets the count of packets to the threshold (ip_vs_proc_conn)
				session.packets = threshold;
				session.endsAtUs = Math.max(session.endsAtUs, agenda.now() + (random.fraction() * 3 * secondUs));
				planNext(session);
			}
		},
		forget(director) {
			for (const session of sessions) {
				session.known[director] = 'none';
			}
		},
	};
};
