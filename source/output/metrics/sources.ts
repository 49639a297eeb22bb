import {limitNames} from '../../desk/facts/limits.js';
import {type Status} from '../../engine/status.js';
import {type Tally} from '../../engine/tally.js';
import {type TableTotals} from '../../table/read/table-view.js';
import {printable} from '../../text/format.js';
import {faultNames} from '../../wire/fault.js';
import {otherLabel} from './labels.js';
import {type MetricsRegistry} from './registry.js';

/** Series of their own, at most; the rest is added up as `other`. */
const mostPlaces = 64;

const decoded = ['messages', 'records', 'adverts', 'reports', 'claims', 'duplicates', 'excluded'] as const satisfies ReadonlyArray<keyof Tally>;

/** What was heard where, dropped, and refused. Gives what refreshes it; before the first status the table alone has something to say. */
export const createSourceMetrics = ({gauge, counter}: MetricsRegistry): ((status: Status | undefined, totals: TableTotals) => void) => {
	const packets = counter('packets_total', 'Captured packets, by where they were heard.', ['segment', 'kind']);
	const drops = counter('dropped_packets_total', 'Packets lost before they were read.', ['segment', 'kind']);
	const up = gauge('source_up', '1: packets are heard there.', ['segment', 'kind']);
	const heard = counter('heard_total', 'What was decoded: sync messages and records, adverts, group reports, claims of addresses.', ['what']);
	const refused = counter('refused_total', 'Packets, messages and records that were refused, by reason.', ['reason']);
	const limited = counter('limited_total', 'What found no room within a bound: senders, adverts, events and more.', ['what']);

	const refreshPlaces = ({places, tally}: Status) => {
		up.reset();
		for (const [index, place] of places.entries()) {
			const isNamed = index < mostPlaces;
			const labels = isNamed ? {segment: printable(place.name), kind: place.kind} : {segment: otherLabel, kind: otherLabel};
			packets.grow(tally.places[index]?.frames ?? 0, labels, String(index));
			drops.grow(place.drops, labels, String(index));
			if (isNamed) {
				up.set(labels, place.state === 'up' ? 1 : 0);
			}
		}
	};

	return (status, totals) => {
		for (const what of limitNames) {
			limited.begin({what});
		}

		for (const what of decoded) {
			heard.begin({what});
		}

		if (status) {
			refreshPlaces(status);
			for (const {name, count} of status.limits) {
				limited.grow(count, {what: name});
			}

			for (const what of decoded) {
				heard.grow(status.tally[what], {what});
			}
		}

		for (const [code, reason] of faultNames.entries()) {
			refused.grow((status?.tally.faults[code] ?? 0) + (totals.refused.get(reason) ?? 0), {reason});
		}
	};
};
