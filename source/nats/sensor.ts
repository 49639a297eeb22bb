/* A sensor: the log that this host keeps, published as it grows. */
import {randomUUID} from 'node:crypto';
import {existsSync, statSync} from 'node:fs';
import {listSegments, ownerOf, segmentFile} from '../log/folder.js';
import {hasCheckpoint, newestHead, publishCheckpoint, publishIndex} from './checkpoints.js';
import {openLink, type LinkState, type NatsSecrets} from './connection.js';
import {createOutbox, type OutboxCounts} from './outbox.js';
import {createLogSupply, parsePosition} from './ship.js';
import {defaultRetention, ensureStream} from './stream.js';
import {type NatsTarget} from './target.js';

/** How a sensor fares, for the screen, events and metrics. */
export type SensorStatus = LinkState & {
	readonly site: string;
	readonly counts: Readonly<OutboxCounts>;
	/** Octets of the log that have not been published. */
	readonly waiting: number;
	/** Segments of it that were deleted before they could be. */
	readonly lost: number;
	/** Segments of the log that have not been published to their end. */
	readonly segmentsBehind: number;
	/** The last segment whose checkpoint the broker has, -1 before one. */
	readonly checkpointed: number;
	/** The last that people must know, '' when there is nothing. */
	readonly problem: string;
};

type SensorOptions = {
	readonly target: NatsTarget;
	readonly secrets: NatsSecrets;
	/** The log to publish. */
	readonly folder: string;
	onChange(status: SensorStatus): void;
};

export type Sensor = {
	status(): SensorStatus;
	close(): Promise<void>;
};

const checkMs = 500;
/** A segment begins before its checkpoint is written; one that has none by then will have none. */
const checkpointAfterMs = 10_000;
const drainMs = 5000;
const drainStepMs = 50;
const indexEveryMs = 60_000;

/** Publishes for as long as it is not closed. Throws when a file of secrets or the log cannot be read. */
export const startSensor = ({target, secrets, folder, onChange}: SensorOptions): Sensor => {
	const site = target.sites[0]!;
	const owner = ownerOf(folder);
	const supply = createLogSupply(folder);
	let link: LinkState = {state: 'connecting', detail: ''};
	let problem = '';
	let published = -1;
	/** In that segment. */
	let publishedOctets = 0;
	let lost = 0;
	let checkpointed = -1;
	/** Segments whose first message the broker has, and which: their checkpoints follow. */
	const begun: Array<{readonly segment: number; readonly frames: number; readonly sinceMs: number}> = [];

	const status = (): SensorStatus => {
		const behind = existsSync(folder) ? listSegments(folder).filter(segment => segment >= published) : [];
		const octets = behind.reduce((sum, segment) => sum + (statSync(segmentFile(folder, segment, 'pcapng'), {throwIfNoEntry: false})?.size ?? 0), 0);
		return {
			...link, site, counts: outbox.counts, checkpointed, problem, lost,
			waiting: Math.max(0, octets - (behind[0] === published ? publishedOctets : 0)),
			segmentsBehind: behind.filter(segment => segment > published).length,
		};
	};

	const change = () => {
		onChange(status());
	};

	const connection = openLink({
		target, secrets, name: `ipvstop sensor ${site}`,
		onState(state) {
			link = state;
			// The first state comes while this is being made.
			queueMicrotask(change);
		},
	});
	const tell = (text: string) => {
		problem = text;
		change();
	};

	const outbox = createOutbox({
		link: connection, site, sensor: randomUUID(), supply, onProblem: tell,
		onStored({segment, offset, position}, sequence) {
			// Their numbers have no gaps.
			const missing = published >= 0 ? Math.max(0, segment - published - 1) : 0;
			({segment: published, offset: publishedOctets} = parsePosition(position)!);
			lost += missing;
			problem = '';
			if (missing > 0) {
				tell(`${missing} segments of ${site} were deleted here before they could be published: there is a gap`);
			}

			if (offset === 0) {
				begun.push({segment, frames: sequence, sinceMs: performance.now()});
			}
		},
	});

	let indexed = {segment: -1, atMs: 0, writtenMs: 0};
	const follow = async () => {
		const nats = await connection.opened;
		const missing = await ensureStream(nats, site, defaultRetention);
		if (missing) {
			tell(missing);
		}

		const newest = await newestHead(nats, site);
		const [first] = begun;
		if (first && newest && newest.head.segment >= first.segment) {
			begun.shift();
		}
	};

	/** Checkpoints and indexes, when they are due. */
	const pass = async () => {
		const nats = await connection.opened;
		const [next] = begun;
		if (next && (hasCheckpoint(folder, next.segment) || performance.now() - next.sinceMs > checkpointAfterMs)) {
			await publishCheckpoint(nats, site, {folder, owner, segment: next.segment, frames: next.frames});
			checkpointed = next.segment;
			begun.shift();
		}

		const isNew = published !== indexed.segment;
		if (published >= 0 && (isNew || performance.now() - indexed.atMs > indexEveryMs)) {
			if (isNew && indexed.segment >= 0) {
				// What it says of its end is known now.
				await publishIndex(nats, site, {folder, owner, segment: indexed.segment, after: indexed.writtenMs});
			}

			const writtenMs = await publishIndex(nats, site, {folder, owner, segment: published, after: isNew ? 0 : indexed.writtenMs});
			indexed = {segment: published, atMs: performance.now(), writtenMs};
		}
	};

	let isClosed = false;
	let hasEnded = false;
	void outbox.ended.then(() => {
		hasEnded = true;
	});
	let passing = follow().catch(() => undefined);
	const timer = setInterval(() => {
		passing = passing.then(async () => {
			if (!isClosed && connection.isConnected) {
				// What could not be published now is tried again with the next pass.
				await pass().catch(() => undefined);
			}
		});
	}, checkMs);

	return {
		status,
		async close() {
			// What was written last goes out as well, where somebody takes it; a short run ends before it is connected.
			const untilMs = performance.now() + drainMs;
			// A log that was deleted has nothing more to publish.
			const isDone = () => !existsSync(folder) || (connection.isConnected && supply.isIdle() && begun.length === 0);
			while (!hasEnded && performance.now() < untilMs && !isDone()) {
				await new Promise(resolve => {
					setTimeout(resolve, drainStepMs);
				});
			}

			if (!isDone()) {
				tell(`not all of ${site} is published yet: the rest waits in ${folder} for the next run`);
			}

			isClosed = true;
			clearInterval(timer);
			supply.close();
			await connection.close();
			await outbox.ended;
			await passing;
		},
	};
};
