import {type CaptureClock} from '../clock.js';
import {addressOf, createSubnetFinder, ownAddressesOf, type NetworkInterface} from '../interfaces.js';
import {CaptureError, joinedSight, type PacketSink, type PacketSource, type Place, type SourceEnd} from '../source.js';
import {openGroupListener, type GroupListener} from './group-listener.js';
import {type MembershipProblem} from './membership.js';

type JoinOptions = {
	readonly groups: readonly string[];
	readonly ports: readonly number[];
	/** Which of the host's interfaces to join on. */
	readonly select: (all: readonly NetworkInterface[]) => readonly NetworkInterface[];
	readonly listInterfaces: () => NetworkInterface[];
	readonly clock: CaptureClock;
};

/** Time between two looks at the interfaces. */
const rescanMs = 2000;

/** Joined UDP sockets: needs no privilege, hears sync messages only, and not those that this host sends. */
export const createJoin = (options: JoinOptions): PacketSource => {
	const {select, listInterfaces, clock} = options;
	const {promise: ended, resolve: resolveEnded} = Promise.withResolvers<SourceEnd>();
	const places: Place[] = [];
	let findSubnet = createSubnetFinder([]);
	let ownAddresses: string[] = [];
	let listener: GroupListener | undefined;
	let sink: PacketSink | undefined;
	let closed = false;
	let cancelRescan = (): void => undefined;

	const placeNumber = (name: string, facts: Partial<Place> = {}): number => {
		const found = places.findIndex(place => place.name === name);
		if (found !== -1) {
			return found;
		}

		places.push({name, state: 'up', detail: '', drops: 0, sight: joinedSight, kind: 'joined', address: '', ...facts});
		return places.length - 1;
	};

	const placeOf = (sender: string, family: 4 | 6): number => {
		const before = places.length;
		const number = placeNumber(findSubnet(sender, family) ?? '?', {detail: 'senders that are on no subnet of this host'});
		if (places.length !== before) {
			sink!.places([...places]);
		}

		return number;
	};

	/** Heard as long as one group can be joined; what cannot is said. */
	const describe = (candidate: NetworkInterface | undefined, problems: readonly MembershipProblem[]): Pick<Place, 'state' | 'detail'> => {
		if (!candidate) {
			return {state: 'gone', detail: 'the interface vanished; it will be joined again when it returns'};
		}

		if (!candidate.up || !candidate.running) {
			return {state: 'down', detail: candidate.up ? 'no link' : 'the interface is down'};
		}

		const own = problems.filter(({interfaceName}) => interfaceName === candidate.name);
		return {
			state: own.length === options.groups.length ? 'failed' : 'up',
			detail: own.map(({reason}) => reason).join('; '),
		};
	};

	/** Joins what is new and tells what changed. */
	const rescan = (): void => {
		const all = listInterfaces();
		const chosen = select(all);
		ownAddresses = ownAddressesOf(all);
		findSubnet = createSubnetFinder(chosen);
		const problems = listener!.update(chosen);
		for (const {name} of chosen) {
			placeNumber(name);
		}

		let changed = false;
		for (const [index, place] of places.entries()) {
			if (place.name !== '?') {
				const candidate = all.find(({name}) => name === place.name);
				const now = {...place, ...describe(candidate, problems), address: candidate ? addressOf(candidate) : place.address};
				changed ||= now.state !== place.state || now.detail !== place.detail || now.address !== place.address;
				places[index] = now;
			}
		}

		if (changed) {
			sink!.places([...places]);
		}
	};

	const keepScanning = (): void => {
		cancelRescan = clock.after(rescanMs, () => {
			rescan();
			keepScanning();
		});
	};

	return {
		get description() {
			const names = places.filter(({name}) => name !== '?').map(({name}) => name);
			return `joined ${options.groups.join(', ')} on ${names.join(', ') || 'no interface'}`;
		},
		pace: 'monotonic',
		ended,
		get ownAddresses() {
			return ownAddresses;
		},
		async start(to) {
			sink = to;
			listener = await openGroupListener({...options, placeOf, deliver(datagram) {
				to.datagram(datagram);
			}});
			if (closed) {
				listener.close();
				return;
			}

			rescan();
			to.places([...places]);
			if (places.every(({state}) => state === 'failed' || state === 'gone')) {
				listener.close();
				const why = places.length === 0
					? 'no interface is up and capable of multicast'
					: places.map(({name, detail}) => `${name}: ${detail}`).join('; ');
				throw new CaptureError(`Cannot join ${options.groups.join(', ')}: ${why}. Bring an interface up and give it an address, or listen through another host: ipvstop --via HOST`, 4);
			}

			keepScanning();
		},
		close() {
			if (!closed) {
				closed = true;
				cancelRescan();
				listener?.close();
				resolveEnded({problems: []});
			}
		},
	};
};
