/*
What a site's sensor published, as a log on this host: the newest segment with its checkpoint first, then what comes, and behind that the past, newest
first. Everything that reads a log reads it. It is input from elsewhere: sizes are bounded, and what is inside is checked by whoever reads the log.
*/
import {closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync} from 'node:fs';
import {listSegments, ownerOf, readIndex, segmentFile} from '../log/folder.js';
import {takeLock, type LogLock} from '../log/lock.js';
import {fetchCheckpoint, newestHead, readHead, type Head} from './checkpoints.js';
import {type Link} from './connection.js';
import {createInbox, type Delivery, type Inbox} from './inbox.js';
import {checkpointHeadsOf, framesOf, header, indexesOfSite} from './subjects.js';

type MirrorOptions = {
	readonly link: Link;
	readonly site: string;
	/** Where the log is made; it is made if it is not there. */
	readonly folder: string;
	/** Of all its segments; the oldest go first. */
	readonly mostOctets: number;
	onState(state: 'listening' | 'missing' | 'away', detail: string): void;
	/** One line for people, of what is left out. */
	onProblem(text: string): void;
};

export type Mirror = {
	/** Resolves when the newest segment has begun here, with its checkpoint as far as it has one. */
	readonly begun: Promise<void>;
	/** Resolves when all of the past is here back to that time of the sensor's clock, or what there is of it. */
	reaching(timeUs: number): Promise<void>;
	/** Resolves when all of the past is here that the broker has and the bound allows. */
	readonly complete: Promise<void>;
	/** What is under way comes to nothing. */
	close(): void;
};

const mostSegmentOctets = 2 ** 32;
const mode = 0o640;

/** A number of somebody else's header. */
const numberOf = (text: string): number | undefined => /^\d{1,15}$/v.test(text) ? Number(text) : undefined;

/** A message of frames, with what it says of its place. */
const placeOf = (delivery: Delivery) => {
	const segment = numberOf(delivery.header(header.segment));
	const offset = numberOf(delivery.header(header.offset));
	const preamble = numberOf(delivery.header(header.preamble));
	return segment === undefined || offset === undefined || preamble === undefined || preamble > delivery.octets.length || offset + delivery.octets.length > mostSegmentOctets
		? undefined
		: {segment, offset, own: delivery.octets.subarray(preamble)};
};

const writeWhole = (file: string, octets: Uint8Array) => {
	writeFileSync(`${file}.part`, octets, {mode});
	renameSync(`${file}.part`, file);
};

export const startMirror = ({link, site, folder, mostOctets, onState, onProblem}: MirrorOptions): Mirror => {
	mkdirSync(folder, {recursive: true, mode: 0o700});
	const {promise: begun, resolve: resolveBegun} = Promise.withResolvers<void>();
	const {promise: complete, resolve: resolveComplete} = Promise.withResolvers<void>();
	const inboxes = new Set<Inbox>();
	/** The file that is written, and segments that cannot be put together any more. */
	let open: {readonly segment: number; readonly descriptor: number; size: number} | undefined;
	const given = new Set<number>();
	/** Back to where the past is here, and who waits for more of it. */
	let reachedUs = Infinity;
	const waiting = new Set<{readonly timeUs: number; readonly resolve: () => void}>();
	let isClosed = false;
	let lock: LogLock | string | undefined;

	const sizeOf = (segment: number): number => (['pcapng', 'checkpoint', 'json'] as const).reduce((sum, kind) => sum + (statSync(segmentFile(folder, segment, kind), {throwIfNoEntry: false})?.size ?? 0), 0);
	const total = () => listSegments(folder).reduce((sum, segment) => sum + sizeOf(segment), 0);

	const prune = () => {
		const segments = listSegments(folder);
		for (let all = total(); all > mostOctets && segments.length > 1;) {
			const oldest = segments.shift()!;
			all -= sizeOf(oldest);
			for (const kind of ['checkpoint', 'json', 'pcapng'] as const) {
				rmSync(segmentFile(folder, oldest, kind), {force: true});
			}
		}
	};

	const leave = () => {
		if (open) {
			closeSync(open.descriptor);
			open = undefined;
		}
	};

	/** Opens the file of a segment whose next octets are to stand at `offset`; undefined when they cannot. */
	const fileFor = (segment: number, offset: number) => {
		if (open?.segment !== segment) {
			leave();
			const file = segmentFile(folder, segment, 'pcapng');
			if (!existsSync(file) && offset !== 0) {
				return undefined;
			}

			const descriptor = openSync(file, 'a', mode);
			open = {segment, descriptor, size: fstatSync(descriptor).size};
			prune();
		}

		return open;
	};

	const append = (delivery: Delivery) => {
		const place = placeOf(delivery);
		if (!place) {
			onProblem(`message ${delivery.sequence} of ${site} is left out: it does not say where it belongs`);
			return;
		}

		const {segment, offset, own} = place;
		if (given.has(segment)) {
			return;
		}

		const file = fileFor(segment, offset);
		if (!file) {
			// Its beginning was before what the broker still has.
			given.add(segment);
			return;
		}

		if (offset > file.size) {
			given.add(segment);
			onProblem(`segment ${segment} of ${site} lacks octets ${file.size} to ${offset}: what follows in it is left out`);
			return;
		}

		// What was published twice is here already.
		const fresh = own.subarray(Math.min(own.length, file.size - offset));
		for (let at = 0; at < fresh.length;) {
			at += writeSync(file.descriptor, fresh, at);
		}

		file.size += fresh.length;
		resolveBegun();
	};

	const takeCheckpoint = async (head: Head) => {
		const file = segmentFile(folder, head.segment, 'checkpoint');
		if (!existsSync(file)) {
			const octets = await fetchCheckpoint(await link.opened, site, head);
			if (octets) {
				writeWhole(file, octets);
			}
		}
	};

	const receive = async (delivery: Delivery): Promise<void> => {
		if (isClosed) {
			return;
		}

		if (delivery.subject === framesOf(site)) {
			append(delivery);
		} else if (delivery.subject === checkpointHeadsOf(site)) {
			const head = readHead(delivery.octets);
			if (head) {
				await takeCheckpoint(head);
			}
		} else {
			const segment = numberOf(delivery.header(header.segment));
			if (segment !== undefined) {
				writeWhole(segmentFile(folder, segment, 'json'), delivery.octets);
			}
		}
	};

	const subjects = [framesOf(site), checkpointHeadsOf(site), indexesOfSite(site)];
	const listen = (from: number, only: readonly string[], onDelivery: (delivery: Delivery) => void | Promise<void>, onOwnState = onState): Inbox => {
		const inbox = createInbox({link, site, subjects: only, from, onDelivery, onFault: onProblem, onState: onOwnState});
		inboxes.add(inbox);
		return inbox;
	};

	/** Reads messages from one number to another, both included, and hands them over. */
	const readRange = async (from: number, to: number, only: readonly string[], take: (delivery: Delivery) => void): Promise<void> => {
		const {promise: done, resolve} = Promise.withResolvers<void>();
		const inbox = listen(from, only, delivery => {
			if (delivery.sequence <= to) {
				take(delivery);
			}

			if (delivery.sequence >= to) {
				resolve();
			}
		}, () => undefined);
		await Promise.race([done, inbox.ended]);
		inbox.close();
		inboxes.delete(inbox);
	};

	const reach = (timeUs: number) => {
		reachedUs = Math.min(reachedUs, timeUs);
		for (const one of waiting) {
			if (reachedUs <= one.timeUs) {
				waiting.delete(one);
				one.resolve();
			}
		}
	};

	/** One segment of the past: whole, or not at all. */
	const takePast = async (head: Head, to: number): Promise<void> => {
		const pieces: Uint8Array[] = [];
		let size = 0;
		await readRange(head.frames, to, [framesOf(site)], delivery => {
			const place = placeOf(delivery);
			if (place?.segment === head.segment && place.offset <= size) {
				const fresh = place.own.subarray(Math.min(place.own.length, size - place.offset));
				pieces.push(fresh);
				size += fresh.length;
			}
		});
		if (!isClosed && size > 0 && total() + size <= mostOctets) {
			await takeCheckpoint(head);
			writeWhole(segmentFile(folder, head.segment, 'pcapng'), Buffer.concat(pieces));
			reach(readIndex(folder, head.segment, ownerOf(folder))?.firstUs ?? Infinity);
		}
	};

	const run = async () => {
		// Whoever reads this log asks whether it is being written.
		lock = await takeLock(folder);
		const connection = await link.opened;
		const last = await newestHead(connection, site).catch(() => undefined);
		if (!last) {
			listen(1, subjects, receive);
			resolveComplete();
			return;
		}

		const {head: newest, sequence} = last;
		await takeCheckpoint(newest);
		listen(newest.frames, subjects, receive);
		await begun;
		// The past, from the newest segment to the oldest. A head may come after frames of the next segment.
		const past = new Map<number, Head>();
		const indexes: Delivery[] = [];
		await readRange(1, sequence, [checkpointHeadsOf(site), indexesOfSite(site)], delivery => {
			if (delivery.subject === checkpointHeadsOf(site)) {
				const head = readHead(delivery.octets);
				if (head && head.segment < newest.segment) {
					past.set(head.segment, head);
				}
			} else {
				indexes.push(delivery);
			}
		});
		for (const delivery of indexes) {
			await receive(delivery);
		}

		let to = newest.frames - 1;
		for (const head of [...past.values()].sort((one, other) => other.segment - one.segment)) {
			if (isClosed || total() > mostOctets) {
				break;
			}

			await takePast(head, to);
			to = head.frames - 1;
		}

		resolveComplete();
	};

	void run().catch((error: unknown) => {
		if (!isClosed && !link.isClosed) {
			onProblem(`the past of ${site} is not complete: ${(error as Error).message}`);
		}

		resolveComplete();
	});

	return {
		begun, complete,
		reaching: async timeUs => Promise.race([complete, new Promise<void>(resolve => {
			waiting.add({timeUs, resolve});
			reach(reachedUs);
		})]),
		close() {
			isClosed = true;
			for (const inbox of inboxes) {
				inbox.close();
			}

			resolveBegun();
			leave();
			if (typeof lock === 'object') {
				lock.release();
			}
		},
	};
};
