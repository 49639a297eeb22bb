import {createDissector} from '../../source/wire/dissect.js';
import {recordWords} from '../../source/wire/sync/record-batch.js';
import {type Advert} from '../../source/wire/observation.js';
import {replayInto} from './replay-engine.js';

/** A sync message as it was decoded. */
export type DecodedMessage = {
	/** Number of the packet in the file, from 1. */
	readonly frame: number;
	readonly version: number;
	readonly syncid: number;
	readonly size: number;
	readonly claimedCount: number;
	/** The capture cut it. */
	readonly partial: boolean;
	/** `recordWords` words each. */
	readonly records: readonly Int32Array[];
};

export type DecodedFile = {
	readonly packets: number;
	readonly messages: readonly DecodedMessage[];
	readonly adverts: ReadonlyArray<{readonly frame: number; readonly auth: Advert['auth']}>;
};

/** Decodes a whole capture file; records are kept as they are, refused ones too. */
export const dissectFile = async (path: string): Promise<DecodedFile> => {
	const messages: DecodedMessage[] = [];
	const adverts: Array<DecodedFile['adverts'][number]> = [];
	let frame = 0;
	const dissector = createDissector({}, {
		sync(_, {words, count, version, syncid, size, claimedCount, partial}) {
			messages.push({
				frame, version, syncid, size, claimedCount, partial,
				records: Array.from({length: count}, (_record, index) => words.slice(index * recordWords, (index + 1) * recordWords)),
			});
		},
		advert(_, {auth}) {
			adverts.push({frame, auth});
		},
		report() {},
		claim() {},
		fault() {},
	});
	await replayInto({
		packet(packet) {
			frame++;
			dissector.packet(packet);
		},
		datagram() {},
		advance() {},
		places() {},
	}, path);
	return {packets: frame, messages, adverts};
};
