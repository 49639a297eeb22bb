import {sumOctets, sumPseudoHeader} from '../ip/checksum.js';
import {checksumOf} from '../ip/encode-checksum.js';
import {ipProtocol} from '../link/encode-frame.js';
import {writeAddress} from '../sync/encode-sync.js';
import {type AddressWords} from '../packet.js';

/** Record types of RFC 3376 4.2.12 and RFC 3810 5.2.12: the answer to a query, a leave and a join. */
export const reportRecord = {isExclude: 2, changeToInclude: 3, changeToExclude: 4} as const;

type ReportedGroup = {readonly type: number; readonly group: AddressWords};

/** An IGMPv3 membership report (RFC 3376 4.2), no sources. */
export const encodeIgmpReport = (groups: readonly ReportedGroup[]): Uint8Array<ArrayBuffer> => {
	const octets = new Uint8Array(8 + (8 * groups.length));
	const view = new DataView(octets.buffer);
	view.setUint8(0, 0x22);
	view.setUint16(6, groups.length);
	for (const [index, {type, group}] of groups.entries()) {
		view.setUint8(8 + (8 * index), type);
		writeAddress(view, 12 + (8 * index), 4, group);
	}

	view.setUint16(2, checksumOf(sumOctets(view, 0, octets.length)));
	return octets;
};

/** An MLDv2 listener report (RFC 3810 5.2), no sources. `source` and `destination` go into its checksum. */
export const encodeMldReport = (
	source: AddressWords,
	destination: AddressWords,
	groups: readonly ReportedGroup[],
): Uint8Array<ArrayBuffer> => {
	const octets = new Uint8Array(8 + (20 * groups.length));
	const view = new DataView(octets.buffer);
	view.setUint8(0, 143);
	view.setUint16(6, groups.length);
	for (const [index, {type, group}] of groups.entries()) {
		view.setUint8(8 + (20 * index), type);
		writeAddress(view, 12 + (20 * index), 6, group);
	}

	const pseudoHeader = sumPseudoHeader({family: 6, source}, destination, ipProtocol.icmpv6, octets.length);
	view.setUint16(2, checksumOf(pseudoHeader + sumOctets(view, 0, octets.length)));
	return octets;
};
