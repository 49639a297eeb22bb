import {createSavefileReader} from '../../source/savefile/savefile.js';
import {pcapOf} from '../capture/pcap-file.js';
import {smallerOctets, withoutStretches} from './minimise.js';

export type Frame = {
	readonly octets: Uint8Array;
	/** At least as many as there are octets. */
	readonly originalLength: number;
	readonly timeUs: number;
};

/** What one capture file holds: frames of one link type, in their order. */
export type Frames = {readonly linkType: number; readonly frames: readonly Frame[]};

/** Times that a pcap file can hold, microseconds. */
const latestUs = 0xff_ff_ff_ff * 1e6;
/** More than one datagram in all its fragments; an input has to stay small to be quick. */
const mostFrames = 64;
const longestFrame = 4096;

/** What a file can hold, and no more than is quick. */
export const bounded = ({linkType, frames}: Frames): Frames => ({
	linkType: linkType & 0xff_ff,
	frames: frames.slice(0, mostFrames).map(({octets, originalLength, timeUs}) => {
		const kept = octets.length > longestFrame ? octets.slice(0, longestFrame) : octets;
		return {octets: kept, originalLength: Math.max(kept.length, originalLength), timeUs: Math.min(latestUs, Math.max(0, Math.round(timeUs)))};
	}),
});

export const encodeFrames = ({linkType, frames}: Frames) => ({octets: new Uint8Array(pcapOf(frames, linkType)), extension: 'pcap'});

export const decodeFrames = (octets: Uint8Array): Frames => {
	const reader = createSavefileReader();
	const frames: Frame[] = [];
	reader.push(octets);
	reader.end();
	while (reader.next() === 'packet') {
		const {view, offset, length, originalLength, timeUs} = reader.packet;
		frames.push({octets: new Uint8Array(view.buffer, view.byteOffset + offset, length).slice(), originalLength, timeUs});
	}

	return {linkType: reader.packet.linkType, frames};
};

export function * smallerFrames({linkType, frames}: Frames): Generator<Frames> {
	for (const fewer of withoutStretches(frames)) {
		yield {linkType, frames: fewer};
	}

	for (const [index, frame] of frames.entries()) {
		for (const octets of smallerOctets(frame.octets)) {
			const cut = frame.originalLength - frame.octets.length;
			yield {linkType, frames: frames.with(index, {...frame, octets, originalLength: octets.length + cut})};
		}
	}
}
