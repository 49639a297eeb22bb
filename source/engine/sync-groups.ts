import {formatAddress} from '../wire/address.js';
import {type Datagram} from '../wire/packet.js';

/** The kernel's default (IP_VS_SYNC_GROUP). */
const defaultGroup = '224.0.0.81';

/** RFC 5798 5.1.1.2 and 5.1.2.2. */
const vrrpGroups: ReadonlySet<string> = new Set(['224.0.0.18', 'ff02::12']);

/** Far more groups than one segment has; a forger's stay out. */
export const maxGroups = 256;

/** The multicast groups of sync daemons: whoever reports membership in one of them is, most likely, a backup that listens. */
export type SyncGroups = {
	/** Sync messages to this datagram's destination were heard, so it is such a group. */
	heard(datagram: Datagram): void;
	kindOf(group: Int32Array, family: 4 | 6): 'sync' | 'vrrp' | 'other';
};

export type SyncGroupState = {
	/** Addresses, as text. */
	readonly groups: Set<string>;
	/** The group of the latest message. */
	last: Int32Array;
};

export const createSyncGroupState = (): SyncGroupState => ({groups: new Set(), last: new Int32Array(4)});

export const createSyncGroups = (configured: readonly string[], state = createSyncGroupState()): SyncGroups => {
	const {groups} = state;
	for (const group of [defaultGroup, ...configured]) {
		groups.add(group);
	}

	return {
		heard({destination, family}) {
			// Nearly every message goes to the same group as the one before.
			const {last} = state;
			if (destination[0] === last[0] && destination[1] === last[1] && destination[2] === last[2] && destination[3] === last[3]) {
				return;
			}

			state.last = Int32Array.from(destination);
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
