/*
The messages beside sync that tell the roles of directors: adverts of VRRP say who is master, group reports who listens, ARP and
neighbour advertisements who answers for a virtual address.
*/
import {readAh, type AhHeader} from './ip/ah.js';
import {readArp} from './claims/arp.js';
import {faultCode} from './fault.js';
import {holdsIcmp6Checksum, icmp6Protocol} from './ip/icmp6.js';
import {igmpProtocol, readIgmp} from './groups/igmp.js';
import {mldType, readMld} from './groups/mld.js';
import {neighbourAdvertisement, readNeighbour} from './claims/neighbour.js';
import {type AddressClaim, type GroupReport, type Observer} from './observation.js';
import {type Datagram} from './packet.js';
import {type Span} from './span.js';
import {createAdvert, readVrrp, vrrpProtocol} from './vrrp.js';

const ahProtocol = 51;

type RoleMessages = {
	/** `span` lies over an ARP packet. */
	arp(): void;
	/** `span` lies over the payload of an IP packet; what concerns no role is passed over. */
	network(): void;
};

/** Reads from the dissector's `frame` and `span`; what is refused goes to `onFault`. */
export const createRoleMessages = (frame: Datagram, span: Span, observer: Observer, onFault: (fault: number) => void): RoleMessages => {
	const advert = createAdvert();
	const ah: AhHeader = {spi: 0, sequence: 0};
	const report: GroupReport = {protocol: 'igmp', kind: 'report', group: new Int32Array(4), change: false};
	const claim: AddressClaim = {protocol: 'arp', address: new Int32Array(4), family: 4, macHigh: -1, macLow: 0, gratuitous: false};

	const onReport = (found: GroupReport): void => {
		observer.report(frame, found);
	};

	const onVrrp = (header: AhHeader | undefined): void => {
		const fault = readVrrp(frame, span, header, advert);
		if (fault === 0) {
			observer.advert(frame, advert);
		} else {
			onFault(fault);
		}
	};

	const onAh = (): void => {
		const fault = readAh(span, ah);
		if (fault !== 0) {
			onFault(fault);
		} else if (span.protocol === vrrpProtocol) {
			onVrrp(ah);
		}
	};

	const onNeighbour = (): void => {
		const fault = readNeighbour(frame, span, claim);
		if (fault === 0) {
			observer.claim(frame, claim);
		} else {
			onFault(fault);
		}
	};

	const onIcmp6 = (): void => {
		if (frame.family !== 6 || span.end - span.offset < 1) {
			return;
		}

		const type = span.view.getUint8(span.offset);
		const isMld = type === mldType.report || type === mldType.done || type === mldType.reportV2;
		if (!isMld && type !== neighbourAdvertisement) {
			return;
		}

		if (!holdsIcmp6Checksum(frame, span)) {
			onFault(faultCode['report-checksum']);
		} else if (isMld) {
			const fault = readMld(span, report, onReport);
			if (fault !== 0) {
				onFault(fault);
			}
		} else {
			onNeighbour();
		}
	};

	const onIgmp = (): void => {
		const fault = frame.family === 4 ? readIgmp(span, report, onReport) : 0;
		if (fault !== 0) {
			onFault(fault);
		}
	};

	return {
		arp() {
			const fault = readArp(frame, span, claim);
			if (fault === 0) {
				observer.claim(frame, claim);
			} else if (fault > 0) {
				onFault(fault);
			}
		},
		network() {
			switch (span.protocol) {
				case vrrpProtocol: {
					onVrrp(undefined);
					break;
				}

				case ahProtocol: {
					onAh();
					break;
				}

				case igmpProtocol: {
					onIgmp();
					break;
				}

				case icmp6Protocol: {
					onIcmp6();
					break;
				}

				default: // Nothing that concerns us
			}
		},
	};
};
