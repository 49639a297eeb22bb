import {formatAddress} from '../wire/address.js';
import {type FrameInfo} from '../wire/observation.js';
import {createDirector, maxDirectors, othersAddress, type Director} from './facts/director.js';
import {type Limits} from './facts/limits.js';
import {createSecondWord, type SecondWord} from './second-word.js';
import {thresholds} from './facts/thresholds.js';

/** So many senders are told apart at their first word; later ones must speak twice. No segment has as many directors. */
const atFirstWord = 64;

/** An address of the configuration is believed in so many segments; a forger can name a thousand VLANs. */
const maxSegmentsOfTrusted = 4;

/** Hosts whose reports are remembered before anything else is known of them. */
const maxStrangers = 1024;

export const macText = (high: number, low: number): string => {
	if (high < 0) {
		return '';
	}

	const hex = (high & 0xff_ff).toString(16).padStart(4, '0') + (low >>> 0).toString(16).padStart(8, '0');
	return hex.match(/../gv)!.join(':');
};

/** More addresses than a director has; a forger's stay out. */
const maxAddresses = 8;

/** 00:00:5e:00:01:VRID and 00:00:5e:00:02:VRID belong to whoever is master (RFC 5798 7.3). */
const isVirtualMac = (mac: string): boolean => mac.startsWith('00:00:5e:00:0');

export type DirectorIdentity = {
	/**
	The director that a frame comes from, made when it is new: by its address; then by its MAC, if that director has not said the
	same kind of thing from another address of this family; then by the index in the AH header, which keepalived fills with the
	sender's IPv4 address. One for all that are not told apart has the address `others`.
	*/
	of(frame: FrameInfo, segment: number, kind: 'sync' | 'advert' | 'report', ahSpi?: number): Director;
	/** The host of this frame's MAC is in the group of VRRP; it may become known as a director only later. */
	joinsVrrp(frame: FrameInfo): void;
	/** The one with a MAC as text, heard at this place. */
	ofMac(place: number, mac: string): Director | undefined;
	/** An interface came up at this MAC. */
	cameUp(frame: FrameInfo): void;
	all(): readonly Director[];
};

/** `trusted`: addresses for which there is always room. */
export const createDirectorIdentity = (trusted: ReadonlySet<string>, limits: Limits): DirectorIdentity => {
	const directors: Director[] = [];
	/** Stands for all that are not told apart, once there are any. */
	let others: Director | undefined;
	let secondWord: SecondWord | undefined;
	const trustedHeard = new Map<string, number>();
	const byAddress = new Map<string, Director>();
	const byMac = new Map<string, Director>();
	/** When interfaces came up of hosts of which nothing else is known yet. */
	const upTimes = new Map<string, number>();
	/** Hosts in the group of VRRP of which nothing else is known yet. */
	const vrrpMembers = new Set<string>();
	/** `index kind family` of what a director said from its own addresses. */
	const said = new Map<string, string>();

	/** Nearly every frame comes from the sender of one before it; that one is found again without making text. */
	const last = {segment: -1, kind: '', family: 0, source: new Int32Array(4), director: undefined as Director | undefined};

	const isLast = ({source, family}: FrameInfo, segment: number, kind: string): boolean =>
		last.segment === segment && last.kind === kind && last.family === family
		&& last.source[0] === source[0] && last.source[1] === source[1] && last.source[2] === source[2] && last.source[3] === source[3];

	const macKey = (place: number, mac: string) => `${place} ${mac}`;

	const macOf = (frame: FrameInfo): string => {
		const mac = macText(frame.sourceMacHigh, frame.sourceMacLow);
		return isVirtualMac(mac) ? '' : mac;
	};

	const learnMac = (director: Director, frame: FrameInfo) => {
		if (director.mac !== '' || director === others) {
			return;
		}

		const mac = macOf(frame);
		const key = macKey(frame.place, mac);
		if (mac !== '' && !byMac.has(key)) {
			director.mac = mac;
			byMac.set(key, director);
			director.interfaceUpUs = upTimes.get(key) ?? 0;
			upTimes.delete(key);
			director.joinsVrrp ||= vrrpMembers.delete(key);
		}
	};

	const sameByMac = (frame: FrameInfo, address: string, kind: string): Director | undefined => {
		const mac = macOf(frame);
		const director = mac === '' ? undefined : byMac.get(macKey(frame.place, mac));
		// A kernel reports groups from the address that its sync comes from.
		const from = director && said.get(`${director.index} ${kind === 'report' ? 'sync' : kind} ${frame.family}`);
		return director && (from === undefined || from === address) ? director : undefined;
	};

	/** Whether a new sender gets a number of its own: anyone on the link can make up addresses, and the real ones must find room. */
	const mayEnter = (frame: FrameInfo, segment: number, address: string): boolean => {
		// The last number belongs to all others.
		const free = maxDirectors - (others ? 0 : 1) - directors.length;
		const heard = trustedHeard.get(address) ?? 0;
		if (trusted.has(address) && heard < maxSegmentsOfTrusted) {
			trustedHeard.set(address, heard + 1);
			return free > 0;
		}

		if (free <= Math.min(trusted.size, atFirstWord) - trustedHeard.size) {
			return false;
		}

		if (directors.length < atFirstWord) {
			return true;
		}

		secondWord ??= createSecondWord();
		return secondWord(frame, segment);
	};

	const add = (frame: FrameInfo, segment: number, address: string): Director => {
		const director = createDirector(directors.length, segment, frame.place, address, frame.family, frame.timeUs);
		directors.push(director);
		return director;
	};

	const create = (frame: FrameInfo, segment: number, address: string): Director => {
		if (mayEnter(frame, segment, address)) {
			return add(frame, segment, address);
		}

		limits.hit('senders');
		others ??= add(frame, segment, othersAddress);
		return others;
	};

	return {
		of(frame, segment, kind, ahSpi = 0) {
			if (last.director && (last.director.mac !== '' || frame.sourceMacHigh < 0) && isLast(frame, segment, kind)) {
				last.director.lastUs = Math.max(last.director.lastUs, frame.timeUs);
				return last.director;
			}

			const {source} = frame;
			const key = `${segment} ${source[0]} ${source[1]} ${source[2]} ${source[3]}`;
			let director = byAddress.get(key);
			if (!director) {
				const address = formatAddress(source, 0, frame.family);
				director = sameByMac(frame, address, kind) ?? (ahSpi === 0 ? undefined : byAddress.get(`${segment} ${ahSpi | 0} 0 0 0`));
				if (director && director.otherAddresses.length >= maxAddresses) {
					return director;
				}

				if (director && director.address !== address && !director.otherAddresses.includes(address)) {
					director.otherAddresses.push(address);
				}

				director ??= create(frame, segment, address);
				if (director === others) {
					director.lastUs = Math.max(director.lastUs, frame.timeUs);
					return director;
				}

				byAddress.set(key, director);
			}

			const saidKey = `${director.index} ${kind} ${frame.family}`;
			if (!said.has(saidKey)) {
				said.set(saidKey, formatAddress(source, 0, frame.family));
			}

			learnMac(director, frame);
			last.segment = segment;
			last.kind = kind;
			last.family = frame.family;
			last.source.set(source);
			last.director = director;
			director.lastUs = Math.max(director.lastUs, frame.timeUs);
			return director;
		},
		joinsVrrp(frame) {
			const mac = macOf(frame);
			if (mac === '') {
				return;
			}

			const key = macKey(frame.place, mac);
			const director = byMac.get(key);
			if (director) {
				director.joinsVrrp = true;
			} else if (vrrpMembers.size < maxStrangers) {
				vrrpMembers.add(key);
			}
		},
		ofMac: (place, mac) => byMac.get(macKey(place, mac)),
		cameUp(frame) {
			const mac = macOf(frame);
			if (mac === '') {
				return;
			}

			const key = macKey(frame.place, mac);
			const director = byMac.get(key);
			if (director) {
				// A new master adds its virtual addresses, and Linux reports its groups anew: what is known of its boot stays.
				if (director.masterSinceUs === 0 && frame.timeUs - director.interfaceUpUs > thresholds.sameReportUs) {
					director.interfaceUpUs = frame.timeUs;
				}
			} else if (upTimes.size < maxStrangers || upTimes.has(key)) {
				upTimes.set(key, frame.timeUs);
			}
		},
		all: () => directors,
	};
};
