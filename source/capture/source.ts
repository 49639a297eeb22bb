import {type Datagram, type Packet} from '../wire/packet.js';

/** What a source can and cannot see, for the header and the empty screen. */
type Sight = {
	readonly sync: boolean;
	readonly vrrp: boolean;
	readonly arp: boolean;
	readonly groupReports: boolean;
};

/** Of a capture: its filter lets through all that is decoded. */
export const fullSight: Sight = {sync: true, vrrp: true, arp: true, groupReports: true};

/** Of UDP sockets. */
export const joinedSight: Sight = {sync: true, vrrp: false, arp: false, groupReports: false};

/** How time passes for the table that this source feeds. */
export type Pace =
	/** Live: the monotonic clock, anchored to the wall clock when the source was opened. */
	| 'monotonic'
	/** A file for text output: the time of the latest packet, as fast as possible. */
	| 'packet'
	/** A file on the screen: the source itself says what time it is, by `advance`. */
	| 'paced'
	/** A pipe or stream on the screen: the last packet's time plus the monotonic time since it was read. */
	| 'stream';

/** A place where packets are heard: one interface, one file, one stream. Its index is `Packet.place`. */
export type Place = {
	/** Becomes the name of the segment; VLAN tags are added by the engine. */
	readonly name: string;
	readonly state: 'opening' | 'up' | 'down' | 'gone' | 'ended' | 'failed';
	/** One line for people: why it is in that state and what it hides, '' when there is nothing to say. */
	readonly detail: string;
	/** Packets that the kernel dropped before we read them, so far. */
	readonly drops: number;
	readonly sight: Sight;
	/** 'libpcap', 'joined', 'file', 'stdin', 'ssh', 'command', 'demo'. */
	readonly kind: string;
	/** First IPv4 address with prefix length, '' when there is none or it is a file. */
	readonly address: string;
	/** Addresses of the host that listened, in its log: as live, its own group reports say nothing of directors. */
	readonly own?: readonly string[] | undefined;
};

export type PacketSink = {
	/** One captured frame; borrowed. */
	packet(packet: Packet): void;
	/** One UDP payload heard by a socket, which has no frame; borrowed. */
	datagram(datagram: Datagram): void;
	/** The timeline reached `timeUs` without a packet. */
	advance(timeUs: number): void;
	/** The clock of a capture did what no clock does by itself, `detail` says what; the times that are delivered do not follow it. */
	clockJumped?(place: number, timeUs: number, detail: string): void;
	/** Somebody wrote this into a capture, at the packet that came last. */
	remarked?(timeUs: number, text: string): void;
	/** All places, whenever one of them changed. */
	places(places: readonly Place[]): void;
};

export type PacketSource = {
	/** One line that names what is listened to, for the header. */
	readonly description: string;
	readonly pace: Pace;
	/** Opens everything and starts to deliver. Rejects with a `CaptureError` when nothing can be opened. */
	start(sink: PacketSink): Promise<void>;
	/** Resolves when the source will deliver nothing more; `cut` names files that ended in mid-record. */
	readonly ended: Promise<SourceEnd>;
	/** Stops delivering and frees everything; safe to call at any time and twice. */
	close(): void;
	/** Addresses of this host, whose own group reports are no evidence; as text. */
	readonly ownAddresses: readonly string[];
};

export type SourceEnd = {
	/** Complaints, one line each: where a file was cut, why a stream stopped for good. */
	readonly problems: readonly string[];
	/** What is to be known and is nobody's fault: steps of the clock that stamped the packets. */
	readonly remarks?: readonly string[];
};

/** A source that cannot be used: `message` says what, why and what next; `exitCode` as documented for the command line. */
export class CaptureError extends Error {
	override readonly name = 'CaptureError';
	readonly exitCode: number;

	constructor(message: string, exitCode: number) {
		super(message);
		this.exitCode = exitCode;
	}
}
