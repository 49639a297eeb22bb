import {formatAddress} from '../wire/address.js';
import {type Datagram} from '../wire/packet.js';

/** The kernel's default (IP_VS_SYNC_GROUP). */
const defaultGroup = '224.0.0.81';

/** RFC 5798 5.1.1.2 and 5.1.2.2. */
const vrrpGroups: ReadonlySet<string> = new Set(['224.0.0.18', 'ff02::12']);

/** Far more groups than one segment has; a forger's stay out. */
const maxGroups = 256;

/** The multicast groups of sync daemons: whoever reports membership in one of them is, most likely, a backup that listens. */
export type SyncGroups = {
	/** Sync messages to this datagram's destination were heard, so it is such a group. */
	heard(datagram: Datagram): void;
	kindOf(group: Int32Array, family: 4 | 6): 'sync' | 'vrrp' | 'other';
};

export const createSyncGroups = (configured: readonly string[]): SyncGroups => {
	const groups = new Set([defaultGroup, ...configured]);
	let last = new Int32Array(4);

	return {
		heard({destination, family}) {
			// Nearly every message goes to the same group as the one before.
			if (destination.every((word, index) => word === last[index])) {
				return;
			}

			last = Int32Array.from(destination);
			if (groups.size < maxGroups) {
				groups.add(formatAddress(destination, 0, family));
			}
		},
		kindOf(group, family) {
			const text = formatAddress(group, 0, family);
			return groups.has(text) ? 'sync' : (vrrpGroups.has(text) ? 'vrrp' : 'other');
		},
	};
};
