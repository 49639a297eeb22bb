/*
The times of a file are those of a clock, and clocks are set. What follows from time (expiries, silence, ages) must not: one frame
with a strange time moves nothing, and after a step back time goes on from where it was. Only the next packet tells a stray from a step, so
one whose time is strange waits for it.
*/
import {type Packet} from '../../wire/packet.js';
import {secondUs} from '../../wire/second.js';
import {type CaptureStream} from './capture-stream.js';

/** Captures are not sorted: an interface hands over its frames before another one does, or threads race. Less than this is no step. */
const leastBackUs = 5 * secondUs;
/** Nothing was captured for so long, or the clock was set: looked at only for a stray, since both make time pass. */
const leastForwardUs = 3_600_000_000;
/** A step that is taken back is met as exactly as the time between two packets allows. */
const sameStepUs = 2 * secondUs;
const mostRemarks = 3;

const spanText = (us: number): string => {
	const seconds = Math.abs(us) / secondUs;
	return seconds >= 172_800 ? `${Math.round(seconds / 86_400)} days` : (seconds >= 7200 ? `${(seconds / 3600).toFixed(1)} h` : `${Math.round(seconds)} s`);
};

const timeText = (us: number): string => {
	const date = new Date(us / 1000);
	return Number.isNaN(date.getTime()) ? `${us} us` : date.toISOString();
};

/** A stream whose times never step back, and what was found on the way. */
export type SteadyStream = CaptureStream & {
	/** What its clock did, one line each, the first few. */
	readonly remarks: readonly string[];
};

const copyOf = (packet: Packet): Packet => {
	const octets = new Uint8Array(packet.view.buffer, packet.view.byteOffset + packet.offset, packet.length).slice();
	return {...packet, view: new DataView(octets.buffer), offset: 0};
};

/** `told`: each remark at its time, the first few. */
export const steadied = (stream: CaptureStream, told: (timeUs: number, text: string) => void = () => undefined): SteadyStream => {
	const remarks: string[] = [];
	let more = 0;
	/** From the file's clock to the time that is told. */
	let offsetUs = 0;
	/** Of the last step back, 0 when none or when it was taken back. */
	let stepUs = 0;
	let lastUs = NaN;
	let held: Packet | undefined;
	/** `held` was given out, and the packet of the stream comes next. */
	let isLoaded = false;
	let given: Packet = stream.packet;

	const remark = (text: string) => {
		if (remarks.length < mostRemarks) {
			remarks.push(text);
			told(lastUs, text);
		} else {
			more++;
		}
	};

	const give = (packet: Packet, timeUs: number): 'packet' => {
		packet.timeUs = timeUs;
		lastUs = timeUs;
		given = packet;
		return 'packet';
	};

	/** `held` is strange; the packet after it, at `nextUs`, tells why. */
	const settle = (packet: Packet, nextUs: number) => {
		const timeUs = packet.timeUs + offsetUs;
		const byUs = timeUs - lastUs;
		if (Math.abs(nextUs - lastUs) <= Math.abs(nextUs - timeUs)) {
			remark(`one packet is of ${timeText(packet.timeUs)}, ${spanText(byUs)} ${byUs > 0 ? 'ahead of' : 'behind'} its neighbours: taken for one of their time`);
			give(packet, lastUs);
		} else if (byUs > 0) {
			remark(`the time goes on by ${spanText(byUs)} at ${timeText(packet.timeUs)}: nothing was captured, or the clock was set`);
			give(packet, timeUs);
		} else {
			remark(`the clock steps back by ${spanText(byUs)} to ${timeText(packet.timeUs)}: time goes on from where it was`);
			offsetUs -= byUs;
			stepUs = -byUs;
			give(packet, lastUs);
		}
	};

	const next = (): 'packet' | 'wait' | 'end' => {
		for (;;) {
			const found = isLoaded ? 'packet' : stream.next();
			isLoaded = false;
			if (found === 'wait') {
				return found;
			}

			if (found === 'end') {
				const last = held;
				held = undefined;
				return last ? give(last, Math.max(lastUs, last.timeUs + offsetUs)) : found;
			}

			const {packet} = stream;
			const timeUs = packet.timeUs + offsetUs;
			if (held) {
				const strange = held;
				held = undefined;
				isLoaded = true;
				settle(strange, timeUs);
				return 'packet';
			}

			const byUs = timeUs - lastUs;
			if (stepUs > 0 && Math.abs(byUs - stepUs) < sameStepUs) {
				remark(`the clock steps forth again by ${spanText(byUs)}: time goes on from where it was`);
				offsetUs -= stepUs;
				stepUs = 0;
				return give(packet, packet.timeUs + offsetUs);
			}

			if (byUs < -leastBackUs || byUs > leastForwardUs) {
				held = copyOf(packet);
				continue;
			}

			packet.timeUs = timeUs;
			// What is a little late is told as it is; the clock of the engine never goes back.
			lastUs = Number.isNaN(lastUs) ? timeUs : Math.max(lastUs, timeUs);
			given = packet;
			return 'packet';
		}
	};

	return {
		get packet() {
			return given;
		},
		get format() {
			return stream.format;
		},
		get hasOctets() {
			return stream.hasOctets;
		},
		get problem() {
			return stream.problem;
		},
		get remarks() {
			return more > 0 ? [...remarks, `${more} further steps of its clock`] : remarks;
		},
		next,
		identify: async () => stream.identify(),
		more: async () => stream.more(),
		close() {
			stream.close();
		},
	};
};
