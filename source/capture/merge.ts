import {type Packet} from '../wire/packet.js';
import {type CaptureStream} from './replay/capture-stream.js';

/** Several streams as one, oldest packet first; each stream keeps its own order. */
export type MergedStream = {
	/**
	Finds the packet that comes next. 'wait': a stream must be read further first, by `more`, since it could hold an
	older packet. 'end': all streams have ended.
	*/
	next(): 'packet' | 'wait' | 'end';
	/** The packet that `next` found, borrowed until `take`. */
	packet(): Packet;
	/** Done with the packet; the following `next` goes on to another. */
	take(): void;
	more(): Promise<void>;
};

/** `onEnd` is called once for each stream, by its number, when it ends. */
export const mergeStreams = (streams: readonly CaptureStream[], onEnd: (index: number) => void): MergedStream => {
	// Numbers of the streams that have not ended, and whether the packet of each waits to be taken.
	let open = streams.map((_, index) => index);
	const loaded = streams.map(() => false);
	let chosen = -1;
	let starved = -1;

	return {
		next() {
			if (chosen >= 0) {
				return 'packet';
			}

			let oldest = Infinity;

			for (let position = 0; position < open.length; position++) {
				const index = open[position]!;
				const stream = streams[index]!;
				if (!loaded[index]) {
					const found = stream.next();
					if (found === 'wait') {
						starved = index;
						chosen = -1;
						return 'wait';
					}

					if (found === 'end') {
						open = open.filter(other => other !== index);
						position--;
						onEnd(index);
						continue;
					}

					loaded[index] = true;
				}

				if (stream.packet.timeUs < oldest) {
					oldest = stream.packet.timeUs;
					chosen = index;
				}
			}

			return chosen < 0 ? 'end' : 'packet';
		},
		packet: () => streams[chosen]!.packet,
		take() {
			loaded[chosen] = false;
			chosen = -1;
		},
		more: async () => streams[starved]!.more(),
	};
};
