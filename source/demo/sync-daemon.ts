import {recordOctetsV1, syncHeaderOctets, type SentRecord} from '../wire/sync/encode-sync.js';
import {secondUs} from '../wire/second.js';
import {type Agenda} from './agenda.js';
import {syncFrame} from './frames.js';
import {type DirectorIdentity} from './network.js';
import {type Random} from './random.js';

const maxMessageOctets = 1472;
/** A message that is not full waits so long for more records, plus the rest of the thread's sleep. */
const patienceUs = 2 * secondUs;
const sleepUs = 1_040_000;
/** Between a full buffer and the thread that sends it. */
const wakeUs = 20_000;

type Announcement = {readonly record: SentRecord; readonly sent: () => void};

/** The master's sync daemon: gathers records into messages as net/netfilter/ipvs/ip_vs_sync.c does. */
export type SyncDaemon = {
	/** Runs `sent` when the message with the record leaves, never when the daemon is stopped before. */
	announce(record: SentRecord, sent: () => void): void;
	/** Discards what is buffered. */
	stop(): void;
};

export const createSyncDaemon = (
	identity: DirectorIdentity,
	agenda: Agenda,
	random: Random,
	emit: (frame: Uint8Array<ArrayBuffer>) => void,
): SyncDaemon => {
	// Both are new for each socket, which is how an observer sees a restart
	const sourcePort = 32_768 + random.below(28_000);
	let identification = random.below(0x1_00_00);
	let running = true;
	let buffer: Announcement[] = [];
	let octets: number = syncHeaderOctets.version1;
	let firstAtUs = 0;

	const take = (): Announcement[] => {
		const taken = buffer;
		buffer = [];
		octets = syncHeaderOctets.version1;
		return taken;
	};

	const send = (announcements: readonly Announcement[]): void => {
		if (!running) {
			return;
		}

		emit(syncFrame(identity, sourcePort, identification, announcements.map(({record}) => record)));
		identification = (identification + 1) & 0xff_ff;
		for (const {sent} of announcements) {
			sent();
		}
	};

	const wake = (): void => {
		if (!running) {
			return;
		}

		if (buffer.length > 0 && agenda.now() - firstAtUs >= patienceUs) {
			send(take());
		}

		agenda.after(sleepUs, wake);
	};

	agenda.after(sleepUs, wake);

	return {
		announce(record, sent) {
			const length = recordOctetsV1(record);
			if (octets + length > maxMessageOctets) {
				const full = take();
				agenda.after(wakeUs, () => {
					send(full);
				});
			}

			if (buffer.length === 0) {
				firstAtUs = agenda.now();
			}

			buffer.push({record, sent});
			octets += length;
		},
		stop() {
			running = false;
		},
	};
};
