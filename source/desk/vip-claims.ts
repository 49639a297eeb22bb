import {formatAddress} from '../wire/address.js';
import {type AddressClaim, type Advert, type FrameInfo} from '../wire/observation.js';
import {macText} from './director-identity.js';
import {type Limits} from './facts/limits.js';
import {thresholds} from './facts/thresholds.js';

/** Addresses that adverts may name before we stop remembering more. */
const maxAddresses = 4096;

/** Hosts that fight over one address make no more news of it than this in ten seconds. */
const maxNews = 8;

type Owner = {mac: string; timeUs: number; newsSinceUs: number; news: number};

export type Claim = {
	readonly address: string;
	readonly mac: string;
	/** Who claimed it before, if somebody did. */
	readonly was: string | undefined;
	/** Claimed by another host, or again after a while: not one of the repeats of keepalived. */
	readonly isNews: boolean;
};

/** Who answers for the virtual addresses, by gratuitous ARP and unsolicited neighbour advertisements. */
export type VipClaims = {
	/** The addresses of a known director's advert are virtual ones. */
	advert(segment: number, advert: Advert): void;
	/** A claim of a virtual address. */
	claim(frame: FrameInfo, segment: number, claim: AddressClaim): Claim | undefined;
};

export const createVipClaims = (limits: Limits): VipClaims => {
	const owners = new Map<string, Owner | undefined>();

	return {
		advert(segment, advert) {
			for (let index = 0; index < advert.addressCount; index++) {
				const key = `${segment} ${formatAddress(advert.addresses, index * 4, advert.family)}`;
				if (owners.has(key)) {
					continue;
				}

				if (owners.size >= maxAddresses) {
					limits.hit('addresses');
					return;
				}

				owners.set(key, undefined);
			}
		},
		claim(frame, segment, claim) {
			const address = formatAddress(claim.address, 0, claim.family);
			const key = `${segment} ${address}`;
			if (!claim.gratuitous || !owners.has(key)) {
				return undefined;
			}

			const former = owners.get(key);
			const mac = macText(claim.macHigh, claim.macLow);
			const {timeUs} = frame;
			const isRecent = former !== undefined && Math.abs(timeUs - former.newsSinceUs) < thresholds.sameClaimUs;
			const isChange = former?.mac !== mac || timeUs - former.timeUs >= thresholds.sameClaimUs;
			const news = (isRecent ? former.news : 0) + Number(isChange);
			owners.set(key, {mac, timeUs, newsSinceUs: isRecent ? former.newsSinceUs : timeUs, news});
			if (isChange && news > maxNews) {
				limits.hit('events');
			}

			return {address, mac, was: former?.mac, isNews: isChange && news <= maxNews};
		},
	};
};
