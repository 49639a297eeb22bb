/*
Multicast listener discovery inside ICMPv6: RFC 2710 (version 1), RFC 3810 5.2 (2). Every field big-endian.

Version 1                                              Version 2 report
   0  type (8)  code (8)  checksum (16)                   0  type (8): 143   code (8)  checksum (16)
   4  response delay (16)  reserved (16)                  4  reserved (16)  number of records (16)
   8  group (128)                                         8  group records
*/
import {faultCode} from '../fault.js';
import {type GroupReport} from '../observation.js';
import {type Span} from '../span.js';
import {groupRecordHeader, groupRecordLength, readGroupRecordType} from './group-record.js';

export const mldType = {report: 131, done: 132, reportV2: 143} as const;

const readGroup = (view: DataView, offset: number, group: Int32Array): void => {
	for (let word = 0; word < 4; word++) {
		group[word] = view.getInt32(offset + word * 4);
	}
};

/** Reads the report or leave at `span`, one of `mldType`, and hands each group to `found`. `report` is scratch. Gives a fault code. */
export const readMld = (span: Span, report: GroupReport, found: (report: GroupReport) => void): number => {
	const {view, offset, end} = span;
	if (end - offset < 8) {
		return faultCode['report-truncated'];
	}

	report.protocol = 'mld';
	const type = view.getUint8(offset);
	if (type !== mldType.reportV2) {
		if (end - offset < 24) {
			return faultCode['report-truncated'];
		}

		report.kind = type === mldType.done ? 'leave' : 'report';
		report.change = type === mldType.done;
		readGroup(view, offset + 8, report.group);
		found(report);
		return faultCode.none;
	}

	const count = view.getUint16(offset + 6);
	let at = offset + 8;
	for (let index = 0; index < count; index++) {
		if (end - at < groupRecordHeader + 16) {
			return faultCode['report-truncated'];
		}

		const length = groupRecordLength(view, at, 16);
		if (length > end - at) {
			return faultCode['report-truncated'];
		}

		if (readGroupRecordType(view, at, report)) {
			readGroup(view, at + groupRecordHeader, report.group);
			found(report);
		}

		at += length;
	}

	return faultCode.none;
};
