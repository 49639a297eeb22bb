/*
IGMP: RFC 1112 (version 1), RFC 2236 (2), RFC 3376 4.2 (3). Every field big-endian.

Versions 1 and 2                                       Version 3 report
   0  type (8)  response time (8)  checksum (16)          0  type (8): 0x22   reserved (8)  checksum (16)
   4  group (32)                                          4  reserved (16)  number of records (16)
                                                          8  group records
*/
import {isWhole, sumOctets} from '../ip/checksum.js';
import {faultCode} from '../fault.js';
import {type GroupReport} from '../observation.js';
import {isCut, type Span} from '../span.js';
import {groupRecordHeader, groupRecordLength, readGroupRecordType} from './group-record.js';

export const igmpProtocol = 2;

const messageType = {reportV1: 0x12, reportV2: 0x16, leave: 0x17, reportV3: 0x22} as const;

/** Reads the reports and leaves at `span` and hands each to `found`. `report` is scratch. Queries are passed over. Gives a fault code. */
export const readIgmp = (span: Span, report: GroupReport, found: (report: GroupReport) => void): number => {
	const {view, offset, end} = span;
	if (end - offset < 8) {
		return faultCode['report-truncated'];
	}

	if (!isCut(span) && !isWhole(sumOctets(view, offset, end))) {
		return faultCode['report-checksum'];
	}

	report.protocol = 'igmp';
	report.group.fill(0);
	const type = view.getUint8(offset);
	if (type === messageType.reportV1 || type === messageType.reportV2 || type === messageType.leave) {
		report.kind = type === messageType.leave ? 'leave' : 'report';
		report.change = type === messageType.leave;
		report.group[0] = view.getInt32(offset + 4);
		found(report);
		return faultCode.none;
	}

	if (type !== messageType.reportV3) {
		return faultCode.none;
	}

	const count = view.getUint16(offset + 6);
	let at = offset + 8;
	for (let index = 0; index < count; index++) {
		if (end - at < groupRecordHeader + 4) {
			return faultCode['report-truncated'];
		}

		const length = groupRecordLength(view, at, 4);
		if (length > end - at) {
			return faultCode['report-truncated'];
		}

		if (readGroupRecordType(view, at, report)) {
			report.group[0] = view.getInt32(at + groupRecordHeader);
			found(report);
		}

		at += length;
	}

	return faultCode.none;
};
