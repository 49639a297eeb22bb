import {type FileFrame, pcapOf} from '../capture/pcap-file.js';
import {parseAddress} from '../../source/wire/address.js';
import {encodeEthernet, encodeIpv4, encodeUdp, etherType, groupMac, ipProtocol} from '../../source/wire/link/encode-frame.js';
import {messageV1, recordV1} from '../wire/build.js';

/** Records in one frame. */
const perFrame = 20;
const startUs = 1_795_305_600_000_000;

const clientOf = (number: number): string => `198.51.${100 + (number >> 8)}.${number & 255}`;

/** The client and port of each session that frame `frame` announces, as a list prints them. */
export const sessionsOfFrame = (frame: number): string[] => Array.from({length: perFrame}, (_, index) => `${clientOf(frame)} ${10_000 + index}`);

/** A frame as a director sends it: a kernel takes it, with its checksums. */
const frameOf = (payload: Uint8Array, sender: string, identification: number): Uint8Array => {
	const [source, destination] = [parseAddress(sender)!.words, parseAddress('224.0.0.81')!.words];
	return encodeEthernet({
		source: [2, 0, 0, 0, 0, 10], destination: groupMac(4, destination), etherType: etherType.ipv4,
		payload: encodeIpv4({
			source, destination, protocol: ipProtocol.udp, identification,
			payload: encodeUdp({family: 4, source, destination, sourcePort: 40_793, destinationPort: 8848, payload}),
		}),
	});
};

/** One frame with so many records, to write others into. */
export const announcementOf = (records: number, sender: string): Uint8Array<ArrayBuffer> =>
	Uint8Array.from(frameOf(messageV1(Array.from({length: records}, () => recordV1())), sender, 0));

/** A capture whose frames announce twenty sessions each, that no other frame announces, `gapUs` apart. */
export const announcements = (frames: number, {gapUs = 0, timeoutSeconds = 900}: {readonly gapUs?: number; readonly timeoutSeconds?: number} = {}): Buffer =>
	pcapOf(Array.from({length: frames}, (_, frame): FileFrame => ({
		timeUs: startUs + (frame * gapUs),
		octets: frameOf(messageV1(Array.from({length: perFrame}, (__, index) => recordV1({
			ports: [10_000 + index, 443, 443], timeout: timeoutSeconds, addresses: [clientOf(frame), '203.0.113.10', '10.0.0.21'],
		}))), '10.9.9.1', frame & 0xff_ff),
	})));

type Row = Readonly<Record<string, unknown>>;

/** The whole lines of JSON that were said so far. */
export const rowsOf = (text: string): Row[] => text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter(Boolean).map(line => JSON.parse(line) as Row);

/** The sessions that events call new. */
export const heardSessions = (text: string): Set<string> =>
	new Set(rowsOf(text).filter(({event}) => event === 'new').map(({client, cport}) => `${String(client)} ${String(cport)}`));
