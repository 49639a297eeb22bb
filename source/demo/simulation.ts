import {secondUs} from '../wire/second.js';
import {createAgenda} from './agenda.js';
import {createDirector, type SimulatedDirector} from './director.js';
import {directorIdentities, type DirectorIdentity} from './network.js';
import {createRandom} from './random.js';
import {createTraffic} from './traffic.js';

/** How long the simulation has run when a demo opens: long enough for its table to be complete. Microseconds. */
export const historyUs = 180 * secondUs;

/** What happens, in seconds after a demo opened. */
const script = {crash: 27, reboot: 95, firstHandover: 240, handoverEvery: 240} as const;
/** Between the stop of keepalived and its next start. */
const restartSeconds = 2.5;

/** Seconds that a backup waits, RFC 3768 6.1: less the higher its priority, and three adverts of a second on top. */
const skewSeconds = ({priority}: DirectorIdentity): number => (256 - priority) / 256;
const masterDownSeconds = (identity: DirectorIdentity): number => 3 + skewSeconds(identity);

type Emit = (timeUs: number, frame: Uint8Array<ArrayBuffer>) => void;

type Simulation = {
	/**
	Runs everything up to `timeUs`, microseconds since the simulation began, and hands over each frame with the moment
	it was on the wire. The octets depend on the seed alone.
	*/
	advanceTo(timeUs: number, emit: Emit): void;
};

/**
Two directors and the clients of six services. The first director is the master and loses its power, the second takes
over, the first returns without preempting, and later they hand over to each other in an orderly way every few minutes.
*/
export const createSimulation = (seed: number): Simulation => {
	const agenda = createAgenda();
	const random = createRandom(seed);
	let deliver: Emit = () => undefined;
	const emit = (frame: Uint8Array<ArrayBuffer>): void => {
		deliver(agenda.now(), frame);
	};

	const first = createDirector(directorIdentities[0], agenda, random, emit);
	const second = createDirector(directorIdentities[1], agenda, random, emit);
	const traffic = createTraffic(agenda, random, [first, second]);

	const after = (seconds: number, action: () => void): void => {
		agenda.after(seconds * secondUs, action);
	};

	const handOver = (from: SimulatedDirector, to: SimulatedDirector): void => {
		from.resign();
		traffic.interrupt();
		after(skewSeconds(to.identity), () => {
			to.becomeMaster();
			traffic.resume();
		});
		after(restartSeconds, from.startBackup);
		after(script.handoverEvery, () => {
			handOver(to, from);
		});
	};

	const crash = (): void => {
		first.losePower();
		traffic.interrupt();
		traffic.forget(0);
		const silentSeconds = (agenda.now() - first.lastAdvertUs()) / secondUs;
		after(masterDownSeconds(second.identity) - silentSeconds, () => {
			second.becomeMaster();
			traffic.resume();
		});
	};

	const historySeconds = historyUs / secondUs;
	after(0, () => {
		first.becomeMaster();
		traffic.begin();
	});
	after(0.4, second.startBackup);
	after(historySeconds + script.crash, crash);
	after(historySeconds + script.reboot, first.boot);
	after(historySeconds + script.firstHandover, () => {
		handOver(second, first);
	});

	return {
		advanceTo(timeUs, next) {
			deliver = next;
			agenda.runTo(timeUs);
		},
	};
};
