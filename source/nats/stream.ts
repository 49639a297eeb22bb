import {jetstreamManager, DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType, type JetStreamManager} from '@nats-io/jetstream';
import {type NatsConnection} from '@nats-io/transport-node';
import {framesOf, header, siteOfStream, streamOf} from './subjects.js';

/** How much of a site's past the broker keeps, where we make its stream ourselves. */
type Retention = {readonly octets: number; readonly ageMs: number};

export const defaultRetention: Retention = {octets: 1024 ** 3, ageMs: 14 * 86_400_000};

const nanosecondsPerMs = 1_000_000;
/** Longer than a sensor needs to say again what it does not know to have been stored. */
const duplicateWindowMs = 120_000;

/** Asks the broker without looking first whether JetStream is there: that needs a right of its own. */
export const managerOf = async (connection: NatsConnection): Promise<JetStreamManager> => jetstreamManager(connection, {checkAPI: false});

export const isNotFound = (error: unknown): boolean => error instanceof JetStreamApiError && error.apiError().code === 404;

/**
Sees to it that the site has a stream: an administrator's own is taken as it is, else one is made with this retention.
Gives what to tell when it is not there and may not be made, or undefined.
*/
export const ensureStream = async (connection: NatsConnection, site: string, {octets, ageMs}: Retention): Promise<string | undefined> => {
	const manager = await managerOf(connection);
	const name = streamOf(site);
	try {
		await manager.streams.info(name);
		return undefined;
	} catch (error) {
		if (!isNotFound(error)) {
			// Without the right to ask one may still have the right to publish; whether it is there is seen then.
			return undefined;
		}
	}

	try {
		await manager.streams.add({
			name, subjects: [`ipvstop.${site}.>`], retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old, storage: StorageType.File,
			max_bytes: octets, max_age: ageMs * nanosecondsPerMs, duplicate_window: duplicateWindowMs * nanosecondsPerMs, allow_direct: true,
		});
		return undefined;
	} catch (error) {
		return `there is no stream ${name} and it cannot be made (${(error as Error).message}): an administrator makes it with the subjects ipvstop.${site}.>`;
	}
};

/** Less than that is the way through the network. */
const leastDifferenceMs = 5000;

/**
What to add to times of a site's sensor to get those of this host, in milliseconds: from the moment at which the sensor said that it published the last
message, when the broker took it, and what the broker's clock says now. 0 where that is not known.
*/
export const clockDifference = async (connection: NatsConnection, site: string): Promise<number> => {
	const manager = await managerOf(connection);
	const stream = streamOf(site);
	try {
		const [message, info] = await Promise.all([manager.streams.getMessage(stream, {last_by_subj: framesOf(site)}), manager.streams.info(stream)]);
		const sent = message?.header.get(header.sent) ?? '';
		// Servers say what time it is since 2.10.
		const brokerMs = Date.parse((info as {ts?: string}).ts ?? '');
		const here = Number.isFinite(brokerMs) ? Date.now() - brokerMs : 0;
		const there = message && /^\d{1,15}$/v.test(sent) ? message.time.getTime() - Number(sent) : 0;
		const difference = here + there;
		return Math.abs(difference) < leastDifferenceMs ? 0 : difference;
	} catch {
		return 0;
	}
};

/** Names of the sites that have a stream, in order. */
export const sitesThere = async (connection: NatsConnection): Promise<readonly string[]> => {
	const manager = await managerOf(connection);
	const sites: string[] = [];
	// A mirror of a stream of another server has its name, and no subjects.
	for await (const name of manager.streams.names()) {
		const site = siteOfStream(name);
		if (site !== undefined) {
			sites.push(site);
		}
	}

	return sites.sort();
};
