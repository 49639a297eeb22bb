import {type SentRecord} from '../wire/sync/encode-sync.js';
import {secondUs} from '../wire/second.js';
import {type Agenda} from './agenda.js';
import {advertFrame, claimFrames, interfaceUpFrame, joinFrame, leaveFrame} from './frames.js';
import {groups, type DirectorIdentity} from './network.js';
import {type Random} from './random.js';
import {createSyncDaemon, type SyncDaemon} from './sync-daemon.js';

const advertIntervalUs = secondUs;

/** A load balancer with keepalived and the sync daemon that follows its role, without preemption. */
export type SimulatedDirector = {
	readonly identity: DirectorIdentity;
	role(): 'off' | 'backup' | 'master';
	/** Keepalived starts and listens. */
	startBackup(): void;
	/** Power comes back: the interface first, keepalived some seconds later. */
	boot(): void;
	becomeMaster(): void;
	/** Keepalived is stopped in an orderly way: the sync daemon first, then an advert of priority 0. */
	resign(): void;
	/** Not a word more. */
	losePower(): void;
	/** When it advertised last. Microseconds. */
	lastAdvertUs(): number;
	/** As master: `sent` runs when the record leaves. */
	announce(record: SentRecord, sent: () => void): void;
};

export const createDirector = (
	identity: DirectorIdentity,
	agenda: Agenda,
	random: Random,
	emit: (frame: Uint8Array<ArrayBuffer>) => void,
): SimulatedDirector => {
	let role: 'off' | 'backup' | 'master' = 'off';
	// What was planned under an earlier role must not happen
	let generation = 0;
	// Keepalived counts its adverts from 1 in each process
	let advertIdentification = 1;
	let lastAdvertUs = 0;
	let syncDaemon: SyncDaemon | undefined;

	const enter = (next: typeof role): void => {
		role = next;
		generation++;
		syncDaemon?.stop();
		syncDaemon = undefined;
	};

	const later = (delayUs: number, action: () => void): void => {
		const planned = generation;
		agenda.after(delayUs, () => {
			if (planned === generation) {
				action();
			}
		});
	};

	const advertise = (priority: number): void => {
		lastAdvertUs = agenda.now();
		emit(advertFrame(identity, advertIdentification++, priority));
	};

	const advertiseForever = (): void => {
		advertise(identity.priority);
		later(advertIntervalUs + random.below(1500), advertiseForever);
	};

	const claimAddresses = (): void => {
		for (const frame of claimFrames(identity)) {
			emit(frame);
		}
	};

	const startBackup = (): void => {
		enter('backup');
		advertIdentification = 1;
		const join = joinFrame(identity, groups.sync, groups.vrrp);
		emit(join);
		later(random.between(100_000, 900_000), () => {
			emit(join);
		});
	};

	return {
		identity,
		role: () => role,
		startBackup,
		boot() {
			enter('off');
			const report = interfaceUpFrame(identity);
			for (const delayUs of [0, 30_000, 160_000, 340_000]) {
				later(delayUs, () => {
					emit(report);
				});
			}

			later(2_300_000, startBackup);
		},
		becomeMaster() {
			enter('master');
			advertiseForever();
			for (let repeat = 0; repeat < 5; repeat++) {
				later(1000 + (400 * repeat), claimAddresses);
				later(5_003_000 + (400 * repeat), claimAddresses);
			}

			const leave = leaveFrame(identity);
			for (const delayUs of [34_000, 650_000]) {
				later(delayUs, () => {
					emit(leave);
				});
			}

			syncDaemon = createSyncDaemon(identity, agenda, random, emit);
		},
		resign() {
			enter('off');
			advertise(0);
		},
		losePower() {
			enter('off');
		},
		lastAdvertUs: () => lastAdvertUs,
		announce(record, sent) {
			syncDaemon?.announce(record, sent);
		},
	};
};
