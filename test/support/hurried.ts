import {pcapOf} from '../capture/pcap-file.js';
import {replayInto} from './replay-engine.js';

/** An Ethernet capture with its times drawn together so that it lasts this long, and repeated as often, one right after the other. */
export const hurried = async (path: string, lastsSeconds: number, times = 1): Promise<Buffer> => {
	const frames: Array<{timeUs: number; octets: Uint8Array}> = [];
	await replayInto({
		packet({timeUs, view, offset, length}) {
			frames.push({timeUs, octets: new Uint8Array(view.buffer, view.byteOffset + offset, length).slice()});
		},
		datagram() {},
		advance() {},
		places() {},
	}, path);
	const firstUs = frames[0]!.timeUs;
	const factor = lastsSeconds * 1_000_000 / (frames.at(-1)!.timeUs - firstUs);
	return pcapOf(Array.from({length: times}, (_, turn) => frames.map(({timeUs, octets}) => ({
		timeUs: firstUs + Math.round(((timeUs - firstUs) * factor) + (turn * lastsSeconds * 1_000_000)), octets,
	}))).flat());
};
