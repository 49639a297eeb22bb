import {sharedBit} from '../../desk/facts/director.js';
import {type Status} from '../../engine/status.js';
import {secondUs} from '../../wire/second.js';
import {otherLabel, segmentLabel} from './labels.js';
import {type MetricsRegistry} from './registry.js';

const directorLabels = ['segment', 'director'] as const;

/** Who sends, and who is master. Gives what refreshes it, with the entries that each director announced last, by its number. */
export const createDirectorMetrics = ({gauge, counter}: MetricsRegistry): ((status: Status, entriesOf: Int32Array) => void) => {
	const messages = counter('director_messages_total', 'Sync messages heard from a director.', directorLabels);
	const records = counter('director_records_total', 'Sync records heard from a director.', directorLabels);
	const lost = counter('director_lost_messages_total', 'Sync messages that the IPv4 identification shows missing.', directorLabels);
	const restarts = counter('director_restarts_total', 'Starts of a sync daemon, by its source port.', directorLabels);
	const entries = gauge('director_sessions', 'Entries that a director announced last.', directorLabels);
	const master = gauge('director_master', '1: master of a virtual router by its own adverts.', directorLabels);
	const listening = gauge('director_listening', '1: listens to the sync group as far as was heard.', directorLabels);
	const lastMessage = gauge('director_last_message_timestamp_seconds', 'When its last sync message was heard.', directorLabels);
	const lastAdvert = gauge('director_last_advert_timestamp_seconds', 'When its last VRRP advert was heard.', directorLabels);

	return ({directors, segments, wallOffsetUs}, entriesOf) => {
		for (const one of [entries, master, listening, lastMessage, lastAdvert]) {
			one.reset();
		}

		for (const director of directors) {
			// Strangers have no series of their own: anyone on the link can make them up. Of each source fifteen have one.
			const isNamed = director.bit !== sharedBit;
			const labels = isNamed ? {segment: segmentLabel(segments, director.segment), director: director.address} : {segment: otherLabel, director: otherLabel};
			const key = String(director.index);
			messages.grow(director.messages, labels, key);
			records.grow(director.records, labels, key);
			lost.grow(director.lostMessages, labels, key);
			restarts.grow(director.restarts, labels, key);
			entries.inc(labels, entriesOf[director.index] ?? 0);
			if (isNamed) {
				master.set(labels, director.masterSinceUs > 0 ? 1 : 0);
				listening.set(labels, director.listeningSinceUs > 0 ? 1 : 0);
				if (director.lastSyncUs > 0) {
					lastMessage.set(labels, (director.lastSyncUs + wallOffsetUs) / secondUs);
				}

				if (director.lastAdvertUs > 0) {
					lastAdvert.set(labels, (director.lastAdvertUs + wallOffsetUs) / secondUs);
				}
			}
		}
	};
};
