import {type Packet} from '../wire/packet.js';
import {createSavefileInput} from './savefile-input.js';
import {createPcapReader, isPcapMagic} from './pcap.js';
import {createPcapngReader, sectionBlock} from './pcapng.js';
import {type SavefileProblem} from './savefile-problem.js';

type SavefileReader = {
	/** The packet that `next` found. Borrowed: overwritten by the next call of `next` or `push`. */
	readonly packet: Packet;
	/** Known as soon as the first octets were read. */
	readonly format: 'pcap' | 'pcapng' | undefined;
	/** Gives the next octets; only when `next` said 'need'. They must stay as they are until the next `push`. */
	push(chunk: Uint8Array): void;
	/** There are no more octets. */
	end(): void;
	/** Reads on. 'need': call `push` or `end` first. A problem and 'end' are final. Never throws. */
	next(): 'packet' | 'need' | 'end' | SavefileProblem;
};

const hex = (octets: readonly number[]): string => octets.map(octet => octet.toString(16).padStart(2, '0')).join(' ');

const describeAlien = (octets: readonly number[]): string => {
	if (octets.length === 0) {
		return 'it is empty';
	}

	const isText = octets.every(octet => (octet >= 0x20 && octet < 0x7f) || octet === 0x0a || octet === 0x0d || octet === 0x09);
	// The first wrapping is off by now.
	const isPacked = octets[0] === 0x1f && octets[1] === 0x8b;
	return `it starts with ${hex(octets)}${isText ? ' (text)' : (isPacked ? ' (gzip once more)' : '')}, which is neither pcap nor pcapng`;
};

/** Reads pcap and pcapng from chunks of any size. A frame inside a chunk is not copied, one across two chunks is. */
export const createSavefileReader = (): SavefileReader => {
	const input = createSavefileInput();
	const packet: Packet = {view: input.view, offset: 0, length: 0, originalLength: 0, timeUs: 0, linkType: 0, place: 0, comments: undefined};
	const pcapng = createPcapngReader(input, packet);
	const pcap = createPcapReader(input, packet);
	let format: 'pcap' | 'pcapng' | undefined;
	let verdict: 'end' | SavefileProblem | undefined;

	const identify = (): boolean => {
		if (!input.has(4)) {
			return false;
		}

		const magic = input.view.getUint32(input.at);
		if (magic === sectionBlock) {
			format = 'pcapng';
		} else if (isPcapMagic(magic)) {
			format = 'pcap';
		}

		return format !== undefined;
	};

	const alien = (): SavefileProblem => {
		input.has(8);
		return {kind: 'alien', offset: 0, problem: describeAlien(input.peek(8))};
	};

	/** What it means that no more octets come: the end, if they end between two records. */
	const conclude = (): 'end' | SavefileProblem => {
		const end = input.offset() + input.limit - input.at;
		const skipped = pcapng.skipping();
		if (skipped !== undefined) {
			return {kind: 'cut', offset: skipped, problem: `ends at octet ${end}, inside the block that starts at octet ${skipped}`};
		}

		const zeroesFrom = format === 'pcap' ? pcap.zeroesFrom() : pcapng.zeroesFrom();
		if (zeroesFrom >= 0) {
			return {kind: 'cut', offset: zeroesFrom, problem: `has nothing but zeroes from octet ${zeroesFrom} to its end at ${end}`};
		}

		const offset = input.offset();
		return end === offset && offset > 0
			? 'end'
			: {kind: 'cut', offset, problem: `ends at octet ${end}, inside the record that starts at octet ${offset}`};
	};

	return {
		packet,
		get format() {
			return format;
		},
		push: input.push,
		end() {
			input.ended = true;
		},
		next() {
			if (verdict) {
				return verdict;
			}

			if (format === undefined && !identify()) {
				// Four octets tell.
				if (!input.ended && input.limit - input.at < 4) {
					return 'need';
				}

				verdict = alien();
				return verdict;
			}

			const found = format === 'pcap' ? pcap.next() : pcapng.next();
			if (found === 'packet') {
				return found;
			}

			if (found !== 'need') {
				verdict = found;
			} else if (input.ended) {
				verdict = conclude();
			} else {
				return found;
			}

			return verdict;
		},
	};
};
