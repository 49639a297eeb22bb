import {type Packet} from '../wire/packet.js';
import {type CaptureClock} from '../capture/clock.js';
import {fullSight, type PacketSource, type Place, type SourceEnd} from '../capture/source.js';
import {secondUs} from '../wire/second.js';
import {createSimulation, historyUs} from './simulation.js';

const tickMs = 50;
/** Most of simulated time that one tick catches up, so that a machine which slept stays responsive. */
const catchUpUs = 30 * secondUs;

const ethernet = 1;

const place: Place = {
	name: 'demo',
	state: 'up',
	detail: 'simulated directors and clients',
	drops: 0,
	sight: fullSight,
	kind: 'demo',
	address: '10.255.0.9/24',
};

/**
Simulated directors, heard as if from a capture that began three minutes ago: that history is delivered during `start`.
The same seed gives the same octets at the same distance from the start.
*/
export const createDemo = ({seed, clock}: {readonly seed: number; readonly clock: CaptureClock}): PacketSource => {
	const simulation = createSimulation(seed);
	const ended = Promise.withResolvers<SourceEnd>();
	let closed = false;
	let cancel = (): void => undefined;

	return {
		description: `demo, seed ${seed}`,
		pace: 'monotonic',
		ended: ended.promise,
		ownAddresses: [],
		async start(sink) {
			const beginUs = clock.nowUs() - historyUs;
			let reachedUs = 0;
			const packet: Packet = {
				view: new DataView(new ArrayBuffer(0)),
				offset: 0,
				length: 0,
				originalLength: 0,
				timeUs: 0,
				linkType: ethernet,
				place: 0,
			};

			const runTo = (timeUs: number): void => {
				reachedUs = timeUs;
				simulation.advanceTo(timeUs, (sentUs, frame) => {
					packet.view = new DataView(frame.buffer);
					packet.length = frame.length;
					packet.originalLength = frame.length;
					packet.timeUs = beginUs + sentUs;
					sink.packet(packet);
				});
				sink.advance(beginUs + timeUs);
			};

			const tick = (): void => {
				runTo(Math.max(reachedUs, Math.min(clock.nowUs() - beginUs, reachedUs + catchUpUs)));
				if (!closed) {
					cancel = clock.after(tickMs, tick);
				}
			};

			sink.places([place]);
			runTo(historyUs);
			tick();
		},
		close() {
			closed = true;
			cancel();
			ended.resolve({problems: []});
		},
	};
};
