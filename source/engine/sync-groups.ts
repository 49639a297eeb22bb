import {formatAddress} from '../wire/address.js';
import {type FrameInfo, type GroupReport} from '../wire/observation.js';
import {type Datagram} from '../wire/packet.js';

/** The kernel's default (IP_VS_SYNC_GROUP). */
const defaultGroup = '224.0.0.81';

/** RFC 5798 5.1.1.2 and 5.1.2.2. */
const vrrpGroups: ReadonlySet<string> = new Set(['224.0.0.18', 'ff02::12']);

/** Far more groups than one segment has; a forger's stay out. */
export const maxGroups = 256;

/** Members of groups of which it is not known yet whether they are of sync daemons. */
export const maxEarly = 64;

/** A report of membership in a group of its own, kept until the first sync message to that group shows what it was. */
export type EarlyReport = {
	readonly text: string;
	readonly segment: number;
	readonly frame: FrameInfo;
	readonly report: GroupReport;
};

/** The multicast groups of sync daemons: whoever reports membership in one of them is, most likely, a backup that listens. */
type SyncGroups = {
	/** Sync messages to this datagram's destination were heard, so it is such a group. Gives who is known to be a member of it. */
	heard(datagram: Datagram): readonly EarlyReport[];
	/** A report of membership: what the group is for. Of another group it is remembered. */
	kindOf(frame: FrameInfo, segment: number, report: GroupReport): 'sync' | 'vrrp' | 'other';
};

/** Frames and reports are borrowed; of a frame only what is named here is its own. */
const copyOf = ({timeUs, place, tags, tagCount, family, source, destination, hopLimit, identification, sourceMacHigh, sourceMacLow, outgoing}: FrameInfo): FrameInfo =>
	({timeUs, place, tags: tags.slice(), tagCount, family, source: source.slice(), destination: destination.slice(), hopLimit, identification, sourceMacHigh, sourceMacLow, outgoing});

const nobody: readonly EarlyReport[] = [];

/** Every IPv6 address has such a group, of its last three octets (RFC 4291 2.7.1). */
const isSolicitedNode = (group: Int32Array, family: 4 | 6): boolean => family === 6 && group[0] === (0xff_02_00_00 | 0) && group[2] === 1 && (group[3]! >>> 24) === 0xff;

export type SyncGroupState = {
	/** Addresses, as text. */
	readonly groups: Set<string>;
	readonly early: EarlyReport[];
	/** The group of the latest message. */
	last: Int32Array;
};

export const createSyncGroupState = (): SyncGroupState => ({groups: new Set(), early: [], last: new Int32Array(4)});

export const createSyncGroups = (configured: readonly string[], state = createSyncGroupState()): SyncGroups => {
	const {groups, early} = state;
	const isOf = (one: EarlyReport, frame: FrameInfo, text: string): boolean =>
		one.text === text && one.frame.place === frame.place && one.frame.sourceMacHigh === frame.sourceMacHigh && one.frame.sourceMacLow === frame.sourceMacLow;

	const remember = (text: string, frame: FrameInfo, segment: number, report: GroupReport): void => {
		const place = early.findIndex(one => isOf(one, frame, text));
		if (report.kind === 'leave') {
			early.splice(place, place === -1 ? 0 : 1);
		} else if (place === -1 && early.length < maxEarly) {
			early.push({text, segment, frame: copyOf(frame), report: {...report, group: report.group.slice()}});
		}
	};

	for (const group of [defaultGroup, ...configured]) {
		groups.add(group);
	}

	return {
		heard({destination, family}) {
			// Nearly every message goes to the same group as the one before.
			const {last} = state;
			if (destination[0] === last[0] && destination[1] === last[1] && destination[2] === last[2] && destination[3] === last[3]) {
				return nobody;
			}

			state.last = Int32Array.from(destination);
			const text = formatAddress(destination, 0, family);
			if (groups.has(text) || groups.size >= maxGroups) {
				return nobody;
			}

			groups.add(text);
			const members = early.filter(one => one.text === text);
			early.splice(0, early.length, ...early.filter(one => one.text !== text));
			return members;
		},
		kindOf(frame, segment, report) {
			const text = formatAddress(report.group, 0, frame.family);
			if (groups.has(text)) {
				return 'sync';
			}

			if (vrrpGroups.has(text)) {
				return 'vrrp';
			}

			if (!isSolicitedNode(report.group, frame.family)) {
				remember(text, frame, segment, report);
			}

			return 'other';
		},
	};
};
