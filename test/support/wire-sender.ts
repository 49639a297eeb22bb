/*
Sends the frames of a capture file from an interface (arguments: file, interface) as they are, tags and all, at the pace
of the file. Says `ready`. For each line that it reads it sends the whole file, or the frames FIRST to LAST that the line names, and
says `sent`. Frames that cannot be sent, for want of a link, are lost as they are anywhere.
*/
import {createRequire} from 'node:module';
import process from 'node:process';
import {createInterface} from 'node:readline';
import {replayInto} from './replay-engine.js';

type Injector = {
	open_live(device: string, filter: string, bufferSize: number, snapLength: number, outFile: string, onPacket: () => void,
		monitorMode: boolean, bufferTimeoutMs: number, onWarning: () => void, promiscuous: boolean): string;
	inject(frame: Uint8Array): void;
};

const [, , path, device] = process.argv;
const {PcapSession} = createRequire(import.meta.url)('pcap/build/Release/pcap_binding.node') as {PcapSession: new () => Injector};
const session = new PcapSession();
const nothing = () => undefined;
session.open_live(device!, 'less 1', 65_536, 64, '', nothing, false, 0, nothing, false);

const frames: Array<{readonly timeUs: number; readonly octets: Uint8Array}> = [];
await replayInto({
	packet({timeUs, view, offset, length}) {
		frames.push({timeUs, octets: Buffer.from(new Uint8Array(view.buffer, view.byteOffset + offset, length))});
	},
	datagram: nothing,
	advance: nothing,
	places: nothing,
}, path!);

const send = async (first: number, last: number) => {
	const startMs = performance.now();
	for (const {timeUs, octets} of frames.slice(first, last + 1)) {
		const dueMs = startMs + ((timeUs - frames[first]!.timeUs) / 1000);
		const leftMs = dueMs - performance.now();
		if (leftMs > 0) {
			await new Promise(resolve => {
				setTimeout(resolve, leftMs);
			});
		}

		try {
			session.inject(octets);
		} catch {
			// No link.
		}
	}
};

process.stdout.write('ready\n');
for await (const line of createInterface({input: process.stdin})) {
	const [first = 0, last = Infinity] = line.match(/\d+/gv)?.map(Number) ?? [];
	await send(first, last);
	process.stdout.write(`sent ${line}\n`);
}

process.exit(0);
