import {type GroupReport} from '../observation.js';

/*
A group record of IGMPv3 (RFC 3376 4.2.4) and MLDv2 (RFC 3810 5.2), the same but for the size of the group.

   0  type (8)  auxiliary data length (8): in 32-bit words   number of sources (16)
   4  group, then the sources, each 32 or 128 bits, then the auxiliary data
*/
export const groupRecordHeader = 4;

const recordType = {isInclude: 1, isExclude: 2, toInclude: 3, toExclude: 4, allow: 5} as const;

/** Octets of the record that starts at `offset`, whose first four were captured. */
export const groupRecordLength = (view: DataView, offset: number, addressLength: number): number =>
	groupRecordHeader + addressLength * (1 + view.getUint16(offset + 2)) + view.getUint8(offset + 1) * 4;

/**
Fills in what the type of the record at `offset` says. To include the traffic of no source means to leave.
Gives false for what says neither: sources blocked one by one, and unknown types.
*/
export const readGroupRecordType = (view: DataView, offset: number, report: GroupReport): boolean => {
	const type = view.getUint8(offset);
	const hasSources = view.getUint16(offset + 2) > 0;
	report.change = type >= recordType.toInclude;
	switch (type) {
		case recordType.isInclude:
		case recordType.toInclude: {
			report.kind = hasSources ? 'report' : 'leave';
			return true;
		}

		case recordType.isExclude:
		case recordType.toExclude:
		case recordType.allow: {
			report.kind = 'report';
			return true;
		}

		default: {
			return false;
		}
	}
};
