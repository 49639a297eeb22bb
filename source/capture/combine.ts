import {type Datagram, type Packet} from '../wire/packet.js';
import {secondUs} from '../wire/second.js';
import {type CaptureClock} from './clock.js';
import {CaptureError, type PacketSource, type Place, type SourceEnd} from './source.js';

/** Packets that come this much later than the quickest ones mean that the other clock was set, or that the stream stood still. */
const jumpUs = 5 * secondUs;
/** Clocks drift: what the quickest packet took is found anew in each of these. */
const windowUs = 60 * secondUs;

/**
From the time stamps of another host's clock to our timeline. The difference of the two clocks is taken from the packets that
came quickest of late; a packet is never in the future.
*/
export const createStreamTime = (nowUs: () => number): (timeUs: number) => number => {
	let least = Infinity;
	let formerLeast = Infinity;
	let windowEndUs = 0;

	return timeUs => {
		const arrivalUs = nowUs();
		const offset = arrivalUs - timeUs;
		if (arrivalUs >= windowEndUs) {
			formerLeast = least;
			least = Infinity;
			windowEndUs = arrivalUs + windowUs;
		}

		if (offset - Math.min(least, formerLeast) > jumpUs) {
			least = Infinity;
			formerLeast = Infinity;
		}

		least = Math.min(least, offset);
		return Math.min(arrivalUs, timeUs + Math.min(least, formerLeast));
	};
};

/** A place of one of the sources, by its number there. */
type Member = {readonly source: number; readonly number: number};

/**
Several live sources as one: interfaces, sockets, streams. Each keeps its own places, comes and goes by itself, and tells its
own state. What streams carry is stamped with the time of this host, since the clocks of others may differ. Names that
two sources share are told apart by a number.
*/
export const combineSources = (sources: readonly PacketSource[], clock: CaptureClock): PacketSource => {
	const members: Member[] = [];
	const told: Array<readonly Place[]> = sources.map(() => []);
	const numbers: number[][] = sources.map(() => []);
	let closed = false;

	const close = () => {
		if (!closed) {
			closed = true;
			for (const source of sources) {
				source.close();
			}
		}
	};

	const numberOf = (source: number, place: number): number => {
		const known = numbers[source]![place];
		if (known !== undefined) {
			return known;
		}

		members.push({source, number: place});
		return numbers[source]![place] = members.length - 1;
	};

	/** All places in the order in which they were first told of, so that their numbers last. */
	const describe = (): Place[] => {
		const names: string[] = [];
		return members.map(({source, number}) => {
			const place = told[source]![number]!;
			let {name} = place;
			for (let serial = 2; names.includes(name); serial++) {
				name = `${place.name}#${serial}`;
			}

			names.push(name);
			return {...place, name};
		});
	};

	return {
		get description() {
			return sources.map(({description}) => description).join(' + ');
		},
		pace: 'monotonic',
		ended: Promise.all(sources.map(async ({ended}) => ended)).then((ends): SourceEnd => ({problems: ends.flatMap(({problems}) => problems)})),
		get ownAddresses() {
			return sources.flatMap(({ownAddresses}) => ownAddresses);
		},
		async start(sink) {
			const startOne = async (source: PacketSource, index: number): Promise<void> => {
				const isStream = source.pace !== 'monotonic';
				const times = new Map<number, (timeUs: number) => number>();
				const stamp = (place: number, timeUs: number): number => {
					if (!isStream) {
						return timeUs;
					}

					const toLocal = times.get(place) ?? createStreamTime(clock.nowUs);
					times.set(place, toLocal);
					return toLocal(timeUs);
				};

				/** Lends it on under our number and time. It is the source's: both are put back. */
				const lend = <Item extends Packet | Datagram>(item: Item, deliver: (item: Item) => void): void => {
					const {place, timeUs} = item;
					item.timeUs = stamp(place, timeUs);
					item.place = numberOf(index, place);
					deliver(item);
					item.place = place;
					item.timeUs = timeUs;
				};

				try {
					await source.start({
						packet(packet) {
							lend(packet, sink.packet);
						},
						datagram(datagram) {
							lend(datagram, sink.datagram);
						},
						advance(timeUs) {
							if (!isStream) {
								sink.advance(timeUs);
							}
						},
						places(places) {
							told[index] = places;
							for (const number of places.keys()) {
								numberOf(index, number);
							}

							sink.places(describe());
						},
					});
				} catch (error) {
					if (!isStream || !(error instanceof CaptureError)) {
						throw error;
					}

					// A pipe that carries no capture is no reason to stop listening elsewhere.
					told[index] = told[index]!.map(place => ({...place, state: 'failed', detail: error.message}));
					sink.places(describe());
				}
			};

			try {
				// A pipe says what it is only when its writer starts: it is not waited for.
				await Promise.all(sources.map(async (source, index) => {
					const started = startOne(source, index);
					return source.pace === 'monotonic' ? started : Promise.race([started, Promise.resolve()]);
				}));
			} catch (error) {
				close();
				throw error;
			}
		},
		close,
	};
};
