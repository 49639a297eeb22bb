import {faultNames} from '../../source/wire/fault.js';
import {type FrameInfo, type Observer} from '../../source/wire/observation.js';
import {type Datagram} from '../../source/wire/packet.js';
import {maxRecords, recordAt, recordWords, type RecordBatch} from '../../source/wire/sync/record-batch.js';
import {frameTags} from '../../source/wire/ip/datagram.js';
import {mix, mixLarge, must} from './target.js';

/** What a dissector delivered, in one number, and how often it delivered what. */
export type Observing = {
	readonly observer: Observer;
	digest(): number;
	/** Deliveries since `clear`. */
	deliveries(): number;
	clear(): void;
	readonly counts: {messages: number; records: number; adverts: number; reports: number; claims: number};
	/** By code: of packets, messages, rests of messages and records. */
	readonly faults: Int32Array;
};

const kinds = {sync: 1, advert: 2, report: 3, claim: 4, fault: 5} as const;

const checkFault = (fault: number): void => {
	must(Number.isInteger(fault) && fault >= 0 && fault < faultNames.length, () => `a fault that has no name: ${fault}`);
};

const checkFrame = (frame: FrameInfo): void => {
	must(frame.tagCount >= 0 && frame.tagCount <= frameTags, 'more tags than there is room for');
	must(frame.family === 4 || frame.family === 6, 'a family that does not exist');
	must(frame.hopLimit >= -1 && frame.hopLimit <= 255 && frame.identification >= -1 && frame.identification <= 0xff_ff, 'a header field beyond its width');
};

const checkRecords = (datagram: Datagram, batch: RecordBatch): void => {
	const {words, count} = batch;
	must(datagram.offset >= 0 && datagram.offset + datagram.length <= datagram.view.byteLength, 'a datagram beyond its octets');
	must(count >= 0 && count <= maxRecords && batch.trailing >= 0 && batch.trailing <= datagram.claimedLength, 'more in a message than there is room for');
	must(batch.messageFault === 0 || count === 0, 'records of a message that was dropped');
	checkFault(batch.messageFault);
	checkFault(batch.restFault);
	let end = 0;
	for (let base = 0; base < count * recordWords; base += recordWords) {
		const offset = words[base + recordAt.recordOffset]!;
		checkFault(words[base + recordAt.fault]!);
		must(offset >= end, 'records that overlap');
		end = offset + words[base + recordAt.recordLength]!;
		must(end > offset && end <= datagram.length, 'a record beyond its datagram');
		for (const [at, length] of [[recordAt.peDataOffset, recordAt.peDataLength], [recordAt.peNameOffset, recordAt.peNameLength]] as const) {
			const from = words[base + at]!;
			must(from === -1 || (from > offset && words[base + length]! >= 0 && from + words[base + length]! <= end), 'persistence data beyond its record');
		}
	}
};

/** Checks what is delivered as it comes, and says what kind of thing it was to `feature`. */
export const createObserving = (feature: (code: number) => void): Observing => {
	const counts = {messages: 0, records: 0, adverts: 0, reports: 0, claims: 0};
	const faults = new Int32Array(faultNames.length);
	let digest = 0;
	let deliveries = 0;

	const begin = (kind: number, frame: FrameInfo): void => {
		deliveries++;
		checkFrame(frame);
		digest = mixLarge(mix(digest, kind), frame.timeUs);
		for (const value of [
			frame.place, frame.tagCount, frame.family, frame.hopLimit, frame.identification, frame.sourceMacHigh, frame.sourceMacLow, Number(frame.outgoing),
			...frame.source, ...frame.destination, ...frame.tags.subarray(0, frame.tagCount),
		]) {
			digest = mix(digest, value);
		}
	};

	const say = (kind: number, ...details: readonly number[]): void => {
		feature(details.reduce((code, detail) => (code * 67) + detail, kind));
	};

	return {
		counts, faults,
		digest: () => digest,
		deliveries: () => deliveries,
		clear() {
			digest = 0;
			deliveries = 0;
		},
		observer: {
			sync(datagram, batch) {
				begin(kinds.sync, datagram);
				checkRecords(datagram, batch);
				const {words, count} = batch;
				const mostFaults = words.length > 0 && count > 0 ? words[recordAt.fault]! : 0;
				say(kinds.sync, batch.version, batch.messageFault, batch.restFault, mostFaults, Math.min(3, count), Number(batch.partial), Number(datagram.fragmented));
				for (const value of [
					count, batch.version, batch.syncid, batch.claimedCount, batch.size, batch.messageFault, batch.restFault, batch.trailing, Number(batch.partial),
					datagram.length, datagram.claimedLength, datagram.sourcePort, datagram.destinationPort, Number(datagram.fragmented),
				]) {
					digest = mix(digest, value);
				}

				counts.messages++;
				counts.records += count;
				faults[batch.messageFault]!++;
				faults[batch.restFault]!++;
				for (let index = 0; index < count; index++) {
					const base = index * recordWords;
					faults[words[base + recordAt.fault]!]!++;
					for (let word = 0; word < recordAt.scratch; word++) {
						digest = mix(digest, words[base + word]!);
					}
				}
			},
			advert(frame, advert) {
				begin(kinds.advert, frame);
				must(advert.addressCount >= 0 && advert.addressCount * 4 <= advert.addresses.length, 'more addresses than there is room for');
				must(advert.intervalMs > 0 && advert.intervalMs <= 255_000, 'an interval that cannot be said');
				must(advert.checksum !== 'bad', 'an advert whose checksum is bad');
				say(kinds.advert, advert.version, advert.family, Number(advert.trailer), advert.checksum.length, advert.auth.length, Math.min(3, advert.addressCount));
				for (const value of [
					advert.version, advert.vrid, advert.priority, advert.intervalMs, advert.ahSpi, advert.ahSequence, advert.addressCount, advert.checksum.length,
					advert.auth.length, Number(advert.trailer), ...advert.addresses.subarray(0, advert.addressCount * 4),
				]) {
					digest = mix(digest, value);
				}

				counts.adverts++;
			},
			report(frame, report) {
				begin(kinds.report, frame);
				say(kinds.report, report.protocol.length, report.kind.length, Number(report.change));
				for (const value of [report.protocol.length, report.kind.length, Number(report.change), ...report.group]) {
					digest = mix(digest, value);
				}

				counts.reports++;
			},
			claim(frame, claim) {
				begin(kinds.claim, frame);
				say(kinds.claim, claim.family, Number(claim.gratuitous), Number(claim.macHigh === -1));
				for (const value of [claim.family, claim.macHigh, claim.macLow, Number(claim.gratuitous), ...claim.address]) {
					digest = mix(digest, value);
				}

				counts.claims++;
			},
			fault(fault, frame) {
				must(fault !== 0, 'a fault that is none');
				checkFault(fault);
				begin(kinds.fault, frame);
				say(kinds.fault, fault, frame.family, frame.tagCount);
				digest = mix(digest, fault);
				faults[fault]!++;
			},
		},
	};
};
