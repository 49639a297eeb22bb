/*
Makes other captures of a run, with the truth beside each: `node --import=tsx test/failover/variants.ts OUT FOLDER|FILE…`. What is left out or put in changes what
can be heard of it, not what happened.

NAME.no-vrrp       no adverts
NAME.flooded       adverts are unicast: a third host hears them for a few seconds only, while the switch does not know the MAC of a peer that died
NAME.no-reports    neither IGMP nor MLD
NAME.new-mac       the director that takes over next has another MAC from ten seconds before on
NAME.bond          the serving director's MAC changes while it serves, and it claims its addresses anew
NAME.forged-*      one frame that nobody of them sent:
    zero             priority 0 in the serving master's name, twenty seconds before it goes
    zero-after       priority 0 in the new master's name, half a second after it has taken over
    interval         an interval of 255 s (40 s for version 3) in the serving master's name, two seconds before it goes
    replay           an advert of the former master, three seconds after it has gone
    claim            a stranger's gratuitous ARP for the address, twenty seconds before
    claim-after      the same, two seconds after it
    claim-own        a claim in the MAC of the director that takes over next, twenty seconds before: nothing follows from it
    list             an advert of the serving master that names another address, five seconds before it goes
    listener         a stranger joins the sync group, five seconds before
NAME+OTHER.pcap    two runs as two pairs on one segment, MACs kept apart
NAME+OTHER.one-vrid.pcap  and with the same VRID
*/
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {pathToFileURL} from 'node:url';
import {pcapOf} from '../capture/pcap-file.js';
import {readRun, type Run, type Truth} from './lab-truth.js';
import {readFact, readFrames, type Fact, type Frame} from './wire-facts.js';

const second = 1_000_000;

/** Octets of a MAC, of an IPv4 address. */
const macOctets = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');
const address4Octets = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

/** RFC 1071. */
const checksumOf = (octets: Buffer): number => {
	let sum = 0;
	for (let at = 0; at < octets.length; at += 2) {
		sum += at + 1 < octets.length ? octets.readUInt16BE(at) : octets.readUInt8(at) << 8;
	}

	while (sum > 0xff_ff) {
		sum = (sum & 0xff_ff) + (sum >>> 16);
	}

	return ~sum & 0xff_ff;
};

const ipAt = 14;
const vrrpProtocol = 112;

/** Where the VRRP message of an untagged IPv4 frame begins; behind AH too. */
const vrrpAt = (octets: Buffer): number => {
	const at = ipAt + ((octets.readUInt8(ipAt) & 15) * 4);
	return octets.readUInt8(ipAt + 9) === vrrpProtocol ? at : at + ((octets.readUInt8(at + 1) + 2) * 4);
};

/** Both checksums of an advert over IPv4, after it was changed. */
const sealAdvert = (octets: Buffer): Buffer => {
	const headerEnd = ipAt + ((octets.readUInt8(ipAt) & 15) * 4);
	octets.writeUInt16BE(0, ipAt + 10);
	octets.writeUInt16BE(checksumOf(octets.subarray(ipAt, headerEnd)), ipAt + 10);
	const at = vrrpAt(octets);
	const end = ipAt + octets.readUInt16BE(ipAt + 2);
	octets.writeUInt16BE(0, at + 6);
	const message = octets.subarray(at, end);
	const pseudo = Buffer.concat([octets.subarray(ipAt + 12, ipAt + 20), Buffer.from([0, vrrpProtocol, message.length >>> 8, message.length & 255])]);
	octets.writeUInt16BE(checksumOf(octets.readUInt8(at) >> 4 === 2 ? message : Buffer.concat([pseudo, message])), at + 6);
	return octets;
};

type Dated = Frame & {readonly fact: Fact | undefined};
type Advert = Dated & {readonly fact: Fact & {readonly kind: 'advert'}};

const isAdvert = (frame: Dated): frame is Advert => frame.fact?.kind === 'advert';
const isAdvert4 = (frame: Dated): frame is Advert => isAdvert(frame) && !frame.fact.source.includes(':');

const dated = (frames: readonly Frame[]): Dated[] => frames.map(({timeUs, octets}) => {
	const frame = {timeUs, octets};
	return {...frame, fact: readFact(frame)};
});

const datedFrames = (capture: string): Dated[] => dated(readFrames(capture));

const inOrder = (frames: readonly Frame[]): Frame[] => frames.toSorted((one, other) => one.timeUs - other.timeUs);

/** How long a switch floods frames to a MAC that it forgot, as seen. */
const floodUs = 9 * second;

const flooded = ({takeovers}: Truth, frames: readonly Dated[]): Frame[] => {
	const deaths = takeovers.filter(({from, firstSignUs}) => !frames.some(({fact, timeUs}) => fact !== undefined && from.includes(fact.mac) && timeUs > firstSignUs && timeUs < firstSignUs + floodUs));
	return frames.flatMap(frame => {
		if (!isAdvert(frame)) {
			return [frame];
		}

		const death = deaths.find(({to, firstSignUs}) => to.includes(frame.fact.mac) && frame.timeUs >= firstSignUs && frame.timeUs < firstSignUs + floodUs);
		const peer = death?.from.find(address => /^\d+\.\d+\.\d+\.\d+$/v.test(address));
		if (!death || peer === undefined || !isAdvert4(frame)) {
			return [];
		}

		const octets = Buffer.from(frame.octets);
		macOctets(death.from.at(-1)!).copy(octets, 0);
		address4Octets(peer).copy(octets, ipAt + 16);
		return [{timeUs: frame.timeUs, octets: sealAdvert(octets)}];
	});
};

const ipv6Type = 0x86_dd;
const icmp6Protocol = 58;

/** The checksum of a neighbour discovery message (RFC 4443 2.3), whose options name MACs, after it was changed. */
const sealNeighbour = (octets: Buffer): Buffer => {
	if (octets.readUInt16BE(12) !== ipv6Type || octets.readUInt8(ipAt + 6) !== icmp6Protocol) {
		return octets;
	}

	const length = octets.readUInt16BE(ipAt + 4);
	const at = ipAt + 40;
	octets.writeUInt16BE(0, at + 2);
	const pseudo = Buffer.concat([octets.subarray(ipAt + 8, at), Buffer.from([0, 0, length >>> 8, length & 255, 0, 0, 0, icmp6Protocol])]);
	octets.writeUInt16BE(checksumOf(Buffer.concat([pseudo, octets.subarray(at, at + length)])), at + 2);
	return octets;
};

/** Every mention of a MAC becomes another: in the Ethernet header, in ARP, in link-layer options. */
const withMac = ({octets, timeUs}: Frame, was: Buffer, is: Buffer): Frame => {
	const changed = Buffer.from(octets);
	for (let at = changed.indexOf(was); at !== -1; at = changed.indexOf(was, at + 6)) {
		is.copy(changed, at);
	}

	return {timeUs, octets: sealNeighbour(changed)};
};

const newMac = (mac: string): string => `${mac.slice(0, 6)}5e:e5${mac.slice(11)}`;

const broadcast = 'ff:ff:ff:ff:ff:ff';

const claimFrame = (mac: string, address: string, timeUs: number): Frame => ({
	timeUs,
	octets: Buffer.concat([
		macOctets(broadcast), macOctets(mac), Buffer.from('08060001080006040001', 'hex'), macOctets(mac), address4Octets(address), macOctets(broadcast), address4Octets(address), Buffer.alloc(18),
	]),
});

/** An IGMPv3 report: I listen to 224.0.0.81. */
const joinFrame = (mac: string, source: string, timeUs: number): Frame => {
	const header = Buffer.concat([Buffer.from('46c000280000400001020000', 'hex'), address4Octets(source), Buffer.from('e000001694040000', 'hex')]);
	header.writeUInt16BE(checksumOf(header), 10);
	const report = Buffer.from('220000000000000104000000e0000051', 'hex');
	report.writeUInt16BE(checksumOf(report), 2);
	return {timeUs, octets: Buffer.concat([Buffer.from('01005e000016', 'hex'), macOctets(mac), Buffer.from('0800', 'hex'), header, report])};
};

const strangerMac = '52:54:00:ee:ee:ee';

type Variant = {readonly frames: readonly Frame[]; readonly truth: Truth};

/** Undefined where a run has nothing to be changed so. */
type Make = (run: Run, frames: readonly Dated[]) => readonly Frame[] | undefined;

/** A frame put in beside the first takeover or the last, made of an advert of one of its two directors. */
const forged = (which: 0 | -1, whose: 'from' | 'to', afterSeconds: number, change: (octets: Buffer, at: number) => void): Make => ({takeovers}, frames) => {
	const one = takeovers.at(which);
	if (!one) {
		return undefined;
	}

	const timeUs = one.firstSignUs + (afterSeconds * second);
	const model = frames.findLast(frame => isAdvert4(frame) && one[whose].includes(frame.fact.mac) && !frame.fact.isUnicast && frame.fact.priority > 0 && frame.fact.addresses.includes(one.vips[0]!)
		&& frame.timeUs <= (afterSeconds < 0 ? timeUs : one.firstSignUs + 400_000));
	if (!model) {
		return undefined;
	}

	const octets = Buffer.from(model.octets);
	change(octets, vrrpAt(octets));
	return [...frames, {timeUs, octets: sealAdvert(octets)}];
};

const claimed = (afterSeconds: number): Make => ({takeovers}, frames) => {
	const last = takeovers.at(-1);
	return last && !last.vips[0]!.includes(':') ? [...frames, claimFrame(strangerMac, last.vips[0]!, last.firstSignUs + (afterSeconds * second))] : undefined;
};

const without = (leave: (frame: Dated) => boolean): Make => (_run, frames) => {
	const rest = frames.filter(frame => !leave(frame));
	return rest.length === frames.length ? undefined : rest;
};

const makes: Readonly<Record<string, Make>> = {
	'no-vrrp': without(frame => isAdvert(frame)),
	'no-reports': without(({fact}) => fact?.kind === 'report'),
	flooded: (run, frames) => frames.some(frame => isAdvert4(frame) && !frame.fact.isUnicast) ? flooded(run, frames) : undefined,
	'new-mac'({takeovers}, frames) {
		const last = takeovers.at(-1);
		const was = last?.to.at(-1);
		return was === undefined ? undefined : frames.map(frame => frame.timeUs > last!.firstSignUs - (10 * second) ? withMac(frame, macOctets(was), macOctets(newMac(was))) : frame);
	},
	bond({takeovers}, frames) {
		const last = takeovers.at(-1);
		const was = last?.from.at(-1);
		if (was === undefined || last!.vips[0]!.includes(':')) {
			return undefined;
		}

		const changeUs = last!.firstSignUs - (15 * second);
		return [
			...frames.map(frame => frame.timeUs > changeUs ? withMac(frame, macOctets(was), macOctets(newMac(was))) : frame),
			...last!.vips.map(vip => claimFrame(newMac(was), vip, changeUs + 1000)),
		];
	},
	'forged-zero': forged(-1, 'from', -20, (octets, at) => {
		octets.writeUInt8(0, at + 2);
	}),
	'forged-zero-after': forged(-1, 'to', 0.5, (octets, at) => {
		octets.writeUInt8(0, at + 2);
	}),
	'forged-interval': forged(0, 'from', -5.7, (octets, at) => {
		if (octets.readUInt8(at) >> 4 === 2) {
			octets.writeUInt8(255, at + 5);
		} else {
			octets.writeUInt16BE(4000, at + 4);
		}
	}),
	'forged-replay': forged(0, 'from', 3, () => {
		// As it was
	}),
	'forged-claim': claimed(-20),
	'forged-claim-after': claimed(2),
	'forged-claim-own'({takeovers}, frames) {
		const last = takeovers.at(-1);
		return last && !last.vips[0]!.includes(':') ? [...frames, ...last.vips.map(vip => claimFrame(last.to.at(-1)!, vip, last.firstSignUs - (20 * second)))] : undefined;
	},
	'forged-list': forged(-1, 'from', -5, (octets, at) => {
		octets.writeUInt8(octets.readUInt8(at + 11) ^ 1, at + 11);
	}),
	'forged-listener': ({takeovers}, frames) => takeovers.length > 0 ? [...frames, joinFrame(strangerMac, '10.255.1.77', takeovers.at(-1)!.firstSignUs - (5 * second))] : undefined,
};

const withNewMac = (truth: Truth, was: string): Truth => {
	const both = (addresses: readonly string[]): readonly string[] => addresses.includes(was) ? [...addresses, newMac(was)] : addresses;
	return {
		takeovers: truth.takeovers.map(one => ({...one, from: both(one.from), to: both(one.to)})),
		moves: truth.moves.map(one => ({...one, from: both(one.from), to: both(one.to)})),
	};
};

const truthFor = (name: string, run: Run): Truth => {
	const last = run.takeovers.at(-1);
	const changed = name === 'new-mac' ? last?.to.at(-1) : (name === 'bond' ? last?.from.at(-1) : undefined);
	const {takeovers, moves} = run;
	return changed === undefined ? {takeovers, moves} : withNewMac({takeovers, moves}, changed);
};

/** `heard`: frames of another variant of it. */
export const variantsOf = (run: Run, heard: readonly Frame[] = readFrames(run.capture)): Map<string, Variant> => {
	const frames = dated(heard);
	return new Map(Object.entries(makes).flatMap(([name, make]) => {
		const made = make(run, frames);
		return made ? [[name, {frames: inOrder(made), truth: truthFor(name, run)}] as const] : [];
	}));
};

/** MACs of the directors, of both runs the same in every lab. */
const otherMac = (mac: string): string => `${mac.slice(0, 9)}7b${mac.slice(11)}`;

const addressOf4 = /^(?<net>\d+\.\d+\.\d+)\.\d+$/v;

const netOf = (run: Run): string | undefined => addressOf4.exec(run.takeovers[0]?.vips[0] ?? '')?.groups!['net'];

/** The other run begins at the same time. Undefined unless both have IPv4 networks of their own. */
export const mergedOf = (run: Run, other: Run, {oneVrid = false} = {}): Variant | undefined => {
	const net = netOf(run);
	const otherNet = netOf(other);
	if (net === undefined || otherNet === undefined || net === otherNet) {
		return undefined;
	}

	const frames = datedFrames(run.capture);
	const others = datedFrames(other.capture);
	// Not in step: a takeover of one falls into a quiet time of the other.
	const shiftUs = frames[0]!.timeUs - others[0]!.timeUs + (17 * second);
	const macs = new Set(others.flatMap(({fact}) => fact ? [fact.mac] : []));
	const vrid = frames.find(frame => isAdvert4(frame))?.fact as (Fact & {kind: 'advert'}) | undefined;
	const moved = others.map(frame => {
		let {octets} = frame;
		for (const mac of macs) {
			octets = withMac({timeUs: 0, octets}, macOctets(mac), macOctets(otherMac(mac))).octets;
		}

		if (oneVrid && vrid && isAdvert4(frame)) {
			octets.writeUInt8(vrid.vrid, vrrpAt(octets) + 1);
			sealAdvert(octets);
		}

		return {timeUs: frame.timeUs + shiftUs, octets};
	});
	const later = (addresses: readonly string[]): readonly string[] => addresses.map(address => macs.has(address) ? otherMac(address) : address);
	return {
		frames: inOrder([...frames, ...moved]),
		truth: {
			takeovers: [...run.takeovers, ...other.takeovers.map(one => ({...one, timeUs: one.timeUs + shiftUs, firstSignUs: one.firstSignUs + shiftUs, from: later(one.from), to: later(one.to)}))],
			moves: [...run.moves, ...other.moves.map(one => ({...one, timeUs: one.timeUs + shiftUs, from: later(one.from), to: later(one.to)}))],
		},
	};
};

export const writeVariant = (folder: string, name: string, {frames, truth}: Variant) => {
	fs.mkdirSync(folder, {recursive: true});
	fs.writeFileSync(path.join(folder, `${name}.pcap`), pcapOf(frames));
	fs.writeFileSync(path.join(folder, `${name}.truth.json`), JSON.stringify(truth));
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	const [,, out = '', ...places] = process.argv;
	const captures = places.flatMap(place => fs.statSync(place).isDirectory() ? fs.readdirSync(place).filter(file => file.endsWith('.pcap')).toSorted().map(file => path.join(place, file)) : [place]);
	const runs = captures.flatMap(capture => readRun(capture) ?? []).filter(({takeovers}) => takeovers.length > 0);
	for (const [index, run] of runs.entries()) {
		for (const [name, variant] of variantsOf(run)) {
			writeVariant(path.join(out, name), `${run.name}.${name}`, variant);
		}

		const other = runs[(index + 1) % runs.length]!;
		for (const oneVrid of [false, true]) {
			const merged = mergedOf(run, other, {oneVrid});
			if (merged) {
				writeVariant(path.join(out, oneVrid ? 'merged-one-vrid' : 'merged'), `${run.name}+${other.name}${oneVrid ? '.one-vrid' : ''}`, merged);
			}
		}
	}
}
