import {formatAddress} from '../wire/address.js';
import {type FrameInfo} from '../wire/observation.js';
import {createDirector, maxDirectors, type Director} from './director.js';

const othersIndex = maxDirectors - 1;

/** Hosts whose MLD reports are remembered before anything else is known of them. */
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
	sender's IPv4 address.
	*/
	of(frame: FrameInfo, segment: number, kind: 'sync' | 'advert' | 'report', ahSpi?: number): Director;
	/** The one with this frame's MAC, whatever address it uses. */
	byMac(frame: FrameInfo): Director | undefined;
	/** The one with a MAC as text, heard at this place. */
	ofMac(place: number, mac: string): Director | undefined;
	/** An interface came up at this MAC. */
	cameUp(frame: FrameInfo): void;
	all(): readonly Director[];
};

export const createDirectorIdentity = (): DirectorIdentity => {
	const directors: Director[] = [];
	const byAddress = new Map<string, Director>();
	const byMac = new Map<string, Director>();
	/** When interfaces came up of hosts of which nothing else is known yet. */
	const upTimes = new Map<string, number>();
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
		if (director.mac !== '' || director.index === othersIndex) {
			return;
		}

		const mac = macOf(frame);
		const key = macKey(frame.place, mac);
		if (mac !== '' && !byMac.has(key)) {
			director.mac = mac;
			byMac.set(key, director);
			director.interfaceUpUs = upTimes.get(key) ?? 0;
			upTimes.delete(key);
		}
	};

	const sameByMac = (frame: FrameInfo, address: string, kind: string): Director | undefined => {
		const mac = macOf(frame);
		const director = mac === '' ? undefined : byMac.get(macKey(frame.place, mac));
		// A kernel reports groups from the address that its sync comes from.
		const from = director && said.get(`${director.index} ${kind === 'report' ? 'sync' : kind} ${frame.family}`);
		return director && (from === undefined || from === address) ? director : undefined;
	};

	const create = (frame: FrameInfo, segment: number, address: string): Director => {
		const others = directors[othersIndex];
		if (others) {
			return others;
		}

		const index = directors.length;
		const director = createDirector(index, segment, frame.place, index === othersIndex ? 'others' : address, frame.family, frame.timeUs);
		directors.push(director);
		return director;
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
				if (director.index !== othersIndex) {
					byAddress.set(key, director);
				}
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
		byMac(frame) {
			const mac = macOf(frame);
			return mac === '' ? undefined : byMac.get(macKey(frame.place, mac));
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
				director.interfaceUpUs = frame.timeUs;
			} else if (upTimes.size < maxStrangers || upTimes.has(key)) {
				upTimes.set(key, frame.timeUs);
			}
		},
		all: () => directors,
	};
};
