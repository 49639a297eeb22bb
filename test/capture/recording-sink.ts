import {type PacketSink, type Place} from '../../source/capture/source.js';

export type Delivery =
	| {readonly kind: 'packet'; readonly timeUs: number; readonly place: number; readonly octets: string; readonly linkType: number}
	| {readonly kind: 'datagram'; readonly timeUs: number; readonly place: number; readonly octets: string; readonly source: readonly number[]; readonly destination: readonly number[]; readonly ports: readonly [number, number]}
	| {readonly kind: 'advance'; readonly timeUs: number};

/** A sink that keeps what it was given. */
export type RecordingSink = PacketSink & {
	readonly deliveries: Delivery[];
	readonly placeHistory: Array<readonly Place[]>;
	readonly packets: () => Array<Extract<Delivery, {kind: 'packet'}>>;
	/** Resolves as soon as what was given fulfils the condition. */
	until(condition: () => boolean): Promise<void>;
	/** Called with each delivery. */
	onDelivery: (delivery: Delivery) => void;
};

const hex = (view: DataView, offset: number, length: number): string =>
	Buffer.from(view.buffer, view.byteOffset + offset, length).toString('hex');

export const createRecordingSink = (): RecordingSink => {
	const deliveries: Delivery[] = [];
	const placeHistory: Array<readonly Place[]> = [];
	const waiters = new Set<() => void>();
	const notify = (): void => {
		for (const waiter of waiters) {
			waiter();
		}
	};

	const sink: RecordingSink = {
		deliveries,
		placeHistory,
		packets: () => deliveries.filter(delivery => delivery.kind === 'packet'),
		onDelivery: () => undefined,
		packet({timeUs, place, view, offset, length, linkType}) {
			add({kind: 'packet', timeUs, place, octets: hex(view, offset, length), linkType});
		},
		datagram({timeUs, place, view, offset, length, source, destination, sourcePort, destinationPort}) {
			add({kind: 'datagram', timeUs, place, octets: hex(view, offset, length), source: [...source], destination: [...destination], ports: [sourcePort, destinationPort]});
		},
		advance(timeUs) {
			add({kind: 'advance', timeUs});
		},
		places(places) {
			placeHistory.push(places);
			notify();
		},
		async until(condition) {
			if (!condition()) {
				await new Promise<void>(resolve => {
					const waiter = (): void => {
						if (condition()) {
							waiters.delete(waiter);
							resolve();
						}
					};

					waiters.add(waiter);
				});
			}
		},
	};
	const add = (delivery: Delivery): void => {
		deliveries.push(delivery);
		sink.onDelivery(delivery);
		notify();
	};

	return sink;
};
