/*
What a backup checks of a record's values, the same in both versions, and what is merely odd about them.
Linux 6.1 net/netfilter/ipvs/ip_vs_sync.c, ip_vs_proc_sync_conn and ip_vs_process_message_v0, with the checks of
stable kernels of 2026: ONE_PACKET, TEMPLATE with NO_CPORT, and the state of templates.
*/
import {faultCode} from '../fault.js';
import {connFlags} from './conn-flags.js';
import {protocols, stateCountByProtocol, templateStateCount} from './conn-state.js';
import {anomaly, recordAt} from './record-batch.js';

/** Resolved once: a property lookup by name costs as much as reading a field. */
const onePacket = faultCode['flags-one-packet'];
const templateWithoutPort = faultCode['flags-template-no-cport'];
const templateState = faultCode['template-state'];
const protocolUnknown = faultCode['protocol-unknown'];
const stateUnknown = faultCode['state-unknown'];

/** The reason why a backup skips a record with these values, 0 when it takes it. In the kernel's order. */
export const checkValues = (protocol: number, flags: number, state: number): number => {
	if (flags & connFlags.onePacket) {
		return onePacket;
	}

	if (flags & connFlags.template) {
		if (flags & connFlags.noClientPort) {
			return templateWithoutPort;
		}

		return state < templateStateCount ? 0 : templateState;
	}

	const states = stateCountByProtocol[protocol]!;
	if (states === 0) {
		return protocolUnknown;
	}

	return state < states ? 0 : stateUnknown;
};

/** 0.0.0.0/8, 127.0.0.0/8, and 224.0.0.0 upwards: no address of an endpoint. */
export const isOddNetwork = (network: number): boolean => network === 0 || network === 127 || network >= 224;

const isOddIpv4 = (word: number): boolean => isOddNetwork(word >>> 24);

/** Multicast, unspecified, loopback, and IPv4 in IPv6. */
const isOddIpv6 = (words: Int32Array, at: number): boolean =>
	words[at]! >>> 24 === 0xff
	|| (words[at] === 0 && words[at + 1] === 0 && (words[at + 2] === 0 || words[at + 2] === 0xff_ff));

const hasOddAddress = (words: Int32Array, base: number, template: boolean): boolean => {
	// A template's client is masked and may be all zeros; without a protocol its virtual address is an fwmark.
	const client = !template;
	const virtual = !template || words[base + recordAt.protocol] !== protocols.ip;
	if (words[base + recordAt.family] === 4) {
		return (client && isOddIpv4(words[base + recordAt.caddr]!))
			|| (virtual && isOddIpv4(words[base + recordAt.vaddr]!))
			|| isOddIpv4(words[base + recordAt.daddr]!);
	}

	return (client && isOddIpv6(words, base + recordAt.caddr))
		|| (virtual && isOddIpv6(words, base + recordAt.vaddr))
		|| isOddIpv6(words, base + recordAt.daddr);
};

/** Bits of `anomaly` for a record that is decoded in full. */
export const findAnomalies = (words: Int32Array, base: number): number => {
	const flags = words[base + recordAt.flags]!;
	const template = (flags & connFlags.template) !== 0;
	const hasPort = words[base + recordAt.cport] !== 0;
	let found = 0;
	if (template) {
		if (hasPort) {
			found |= anomaly.templateShape;
		}
	} else {
		if (hasPort === ((flags & connFlags.noClientPort) !== 0)) {
			found |= anomaly.portWithoutFlag;
		}

		if (words[base + recordAt.peDataOffset] !== -1) {
			found |= anomaly.templateShape;
		}
	}

	if ((flags & connFlags.forwardingMask) > 4) {
		found |= anomaly.forwarding;
	}

	if (flags & connFlags.reservedMask) {
		found |= anomaly.reservedFlags;
	}

	if (hasOddAddress(words, base, template)) {
		found |= anomaly.address;
	}

	return found;
};
