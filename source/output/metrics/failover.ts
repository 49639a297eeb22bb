import {type Pair, type TakeoverKind} from '../../desk/facts/failover.js';
import {type Status} from '../../engine/status.js';
import {secondUs} from '../../wire/second.js';
import {segmentLabel} from './labels.js';
import {type MetricsRegistry} from './registry.js';

const takeoverKinds = ['planned', 'crash', 'preempt', 'sync'] as const satisfies readonly TakeoverKind[];

/** Pairs that have series; there is no sum of verdicts about the rest. */
const mostPairs = 16;

const pairLabels = ['segment', 'pair'] as const;

/** What would be lost if the master died now, and what became of the last takeover. Gives what refreshes it. */
export const createFailoverMetrics = ({gauge, counter}: MetricsRegistry): ((status: Status) => void) => {
	const open = gauge('pair_open_sessions', 'Open sessions of a pair of directors: TCP and SCTP in ESTABLISHED.', pairLabels);
	const known = gauge('pair_known_sessions', 'Of these, those that the likeliest successor knows: what is left if the master died now.', pairLabels);
	const listeners = gauge('pair_listeners', 'Backups that listen as far as was heard.', pairLabels);
	const split = gauge('pair_split_brain', '1: two masters now.', pairLabels);
	const warnings = gauge('pair_warnings', 'What deserves a look, by kind.', [...pairLabels, 'kind']);
	const takeovers = counter('takeovers_total', 'Takeovers by kind.', [...pairLabels, 'kind']);
	const last = gauge('last_takeover_info', '1: of which kind the last takeover was, from whom and to whom.', [...pairLabels, 'kind', 'from', 'to']);
	const lastTime = gauge('last_takeover_timestamp_seconds', 'When the last takeover was; 0: none yet.', pairLabels);
	const lastHeld = gauge('last_takeover_held_sessions', 'Open sessions held at the last takeover.', pairLabels);
	const lastKnown = gauge('last_takeover_known_sessions', 'Of these, those that the new master knew.', pairLabels);

	/** Of the latest takeover that was counted; ids grow from 0. */
	let countedId = -1;

	const refreshPair = (pair: Pair, {segments, wallOffsetUs, directors}: Status) => {
		const addressOf = (index: number): string => directors.find(one => one.index === index)?.address ?? '?';
		const labels = {segment: segmentLabel(segments, pair.segment), pair: `${pair.group}:${pair.port} ${pair.syncids.join(',')}`.trim()};
		open.set(labels, pair.open);
		known.set(labels, pair.forecasts[0]?.coverage.known ?? 0);
		listeners.set(labels, pair.forecasts.length);
		split.set(labels, pair.splitBrain?.endUs === 0 ? 1 : 0);
		for (const {kind} of pair.warnings.filter(({level}) => level === 'warning')) {
			warnings.inc({...labels, kind});
		}

		const latest = pair.takeovers.at(-1);
		// A series that begins with the takeover would be no change of it to Prometheus.
		lastTime.set(labels, latest ? (latest.atUs + wallOffsetUs) / secondUs : 0);
		if (latest) {
			last.set({...labels, kind: latest.kind, from: addressOf(latest.from), to: addressOf(latest.to)}, 1);
			lastHeld.set(labels, latest.coverage.held);
			lastKnown.set(labels, latest.coverage.known);
		}

		for (const kind of takeoverKinds) {
			takeovers.begin({...labels, kind});
		}

		for (const {kind} of pair.takeovers.filter(({id}) => id > countedId)) {
			takeovers.inc({...labels, kind});
		}
	};

	return status => {
		for (const one of [open, known, listeners, split, warnings, last, lastTime, lastHeld, lastKnown]) {
			one.reset();
		}

		const pairs = status.failover.pairs.slice(0, mostPairs);
		for (const pair of pairs) {
			refreshPair(pair, status);
		}

		countedId = Math.max(countedId, ...pairs.flatMap(pair => pair.takeovers.map(({id}) => id)));
	};
};
