import {collectDefaultMetrics, Counter, Gauge, Registry} from 'prom-client';
import {sharedBit} from '../monitor/directors.js';
import {type Pair} from '../monitor/failover.js';
import {type Status} from '../monitor/status.js';
import {templateCode} from '../table/entry.js';
import {type RealServer, type ServiceView} from '../table/services.js';
import {type TableView} from '../table/view.js';
import {printable} from '../view/format.js';
import {formatAddress} from '../wire/address.js';
import {protocolName, stateName} from '../wire/conn-state.js';
import {faultNames} from '../wire/fault.js';
import {type TriggerTotals} from './trigger-log.js';
import {createGrowth, createLabelBudget, otherLabel} from './metrics-labels.js';

export type MetricsInput = {
	readonly view: TableView;
	/** Most sessions that the table holds. */
	readonly capacity: number;
	readonly status: () => Status | undefined;
	/** What triggers did so far. */
	readonly triggers: () => readonly TriggerTotals[];
};

/** What a scrape gets. */
export type Metrics = {
	readonly contentType: string;
	text(): Promise<string>;
};

/** Series of their own, at most; the rest is added up as `other`. */
const most = {services: 64, reals: 256, directors: 32, pairs: 16, places: 64} as const;

const serviceLabels = ['segment', 'proto', 'virtual', 'vport'] as const;
const realLabels = [...serviceLabels, 'real', 'rport'] as const;
const directorLabels = ['segment', 'director'] as const;
const pairLabels = ['segment', 'pair'] as const;

const triggerOutcomes = [
	['ok', 'ok'], ['failed', 'failed'], ['timeout', 'timeout'], ['killed', 'killed'], ['dry-run', 'dryRun'], ['dropped-by-rate', 'droppedByRate'],
	['dropped-by-queue', 'droppedByQueue'], ['unknown-sender', 'unknownSender'], ['first-fill', 'firstFill'],
] as const satisfies ReadonlyArray<readonly [string, keyof TriggerTotals]>;

type Labels = Readonly<Record<string, string | number>>;

export const createMetrics = ({view, capacity, status, triggers}: MetricsInput): Metrics => {
	const registers = [new Registry()];
	const [registry] = registers as [Registry];
	const gauge = (name: string, help: string, labelNames: readonly string[] = []) => new Gauge({name: `ipvstop_${name}`, help, labelNames: [...labelNames], registers});
	const counter = (name: string, help: string, labelNames: readonly string[] = []) => new Counter({name: `ipvstop_${name}`, help, labelNames: [...labelNames], registers});

	const sessions = gauge('sessions', 'Entries of the connection table by virtual service and state, templates included.', [...serviceLabels, 'state']);
	const created = counter('sessions_created_total', 'Sessions that were announced for the first time.', serviceLabels);
	const ended = counter('sessions_ended_total', 'Sessions that expired, ran out or were evicted.', serviceLabels);
	const realSessions = gauge('real_sessions', 'Entries by real server: open, closing, template.', [...realLabels, 'kind']);
	const realCreated = counter('real_sessions_created_total', 'Sessions of a real server that were announced for the first time.', realLabels);
	const realEnded = counter('real_sessions_ended_total', 'Sessions of a real server that ended.', realLabels);
	const ends = counter('session_ends_total', 'Sessions that ended, by how.', ['how']);
	const moved = counter('sessions_moved_total', 'Sessions that went to another real server.');
	const changes = counter('session_state_changes_total', 'Changes of state.');
	const tableCapacity = gauge('table_capacity', 'Entries that the table has room for.');

	const messages = counter('director_messages_total', 'Sync messages heard from a director.', directorLabels);
	const records = counter('director_records_total', 'Sync records heard from a director.', directorLabels);
	const lost = counter('director_lost_messages_total', 'Sync messages that the IPv4 identification shows missing.', directorLabels);
	const restarts = counter('director_restarts_total', 'Starts of a sync daemon, by its source port.', directorLabels);
	const entries = gauge('director_sessions', 'Entries that a director announced last.', directorLabels);
	const master = gauge('director_master', '1: master of a virtual router by its own adverts.', directorLabels);
	const listening = gauge('director_listening', '1: listens to the sync group as far as was heard.', directorLabels);
	const lastMessage = gauge('director_last_message_timestamp_seconds', 'When its last sync message was heard.', directorLabels);
	const lastAdvert = gauge('director_last_advert_timestamp_seconds', 'When its last VRRP advert was heard.', directorLabels);

	const pairOpen = gauge('pair_open_sessions', 'Open sessions of a pair of directors: TCP and SCTP in ESTABLISHED.', pairLabels);
	const pairKnown = gauge('pair_known_sessions', 'Of these, those that the likeliest successor knows: what is left if the master died now.', pairLabels);
	const pairListeners = gauge('pair_listeners', 'Backups that listen as far as was heard.', pairLabels);
	const pairSplit = gauge('pair_split_brain', '1: two masters now.', pairLabels);
	const pairWarnings = gauge('pair_warnings', 'What deserves a look, by kind.', [...pairLabels, 'kind']);
	const takeovers = counter('takeovers_total', 'Takeovers by kind.', [...pairLabels, 'kind']);
	const takeoverTime = gauge('last_takeover_timestamp_seconds', 'When the last takeover was.', pairLabels);
	const takeoverHeld = gauge('last_takeover_held_sessions', 'Open sessions held at the last takeover.', pairLabels);
	const takeoverKnown = gauge('last_takeover_known_sessions', 'Of these, those that the new master knew.', pairLabels);

	const packets = counter('packets_total', 'Captured packets, by where they were heard.', ['segment', 'kind']);
	const drops = counter('dropped_packets_total', 'Packets lost before they were read.', ['segment', 'kind']);
	const up = gauge('source_up', '1: packets are heard there.', ['segment', 'kind']);
	const heard = counter('heard_total', 'What was decoded: sync messages and records, adverts, group reports, claims of addresses.', ['what']);
	const refused = counter('refused_total', 'Packets, messages and records that were refused, by reason.', ['reason']);
	const limited = counter('limited_total', 'What found no room within a bound: senders, adverts, events and more.', ['what']);
	const strangeSessions = gauge('unknown_sender_sessions', 'Entries that senders announced last which are not known: they share a tenth of the room.');
	const recordingUp = gauge('recording_up', '1: the recording can be written.');
	const recordedPackets = counter('recording_packets_total', 'Packets in the recording.');
	const recordedOctets = counter('recording_octets_total', 'Octets of the recording.');
	const recordingLost = counter('recording_lost_packets_total', 'Packets that could not be recorded.');
	const triggerFired = counter('trigger_fired_total', 'Events that set a trigger off.', ['trigger']);
	const triggerRuns = counter('trigger_runs_total', 'What became of these: how the run ended, or why there was none.', ['trigger', 'outcome']);
	collectDefaultMetrics({register: registry});
	tableCapacity.set(capacity);

	const growth = createGrowth();
	const services = createLabelBudget(most.services);
	const reals = createLabelBudget(most.reals);
	/** Labels of the counters that a service, or a real server, has under a name of its own. */
	const labelsOf = new Map<string, Labels>();
	let lastTakeover = 0;

	const drop = (keys: readonly string[], counters: readonly Counter[]) => {
		for (const key of keys) {
			const labels = labelsOf.get(key);
			labelsOf.delete(key);
			for (const one of labels ? counters : []) {
				one.remove(labels!);
			}

			// What its real servers beyond the budget had together.
			for (const one of labels && !('real' in labels) ? [realCreated, realEnded] : []) {
				one.remove({...labels, real: otherLabel, rport: otherLabel});
			}
		}
	};

	/** Adds to a counter what a total grew by. The total is told apart by `key`, the series by its labels. */
	const grow = (target: Counter, key: string, total: number, labels: Labels = {}) => {
		target.inc(labels, growth.of(`${key} ${(target as unknown as {name: string}).name}`, total));
	};

	const readService = (service: ServiceView, names: readonly string[]) => {
		const {family, protocol, vaddr, vport, segment} = service.service;
		return {
			segment: printable(names[segment] ?? '?'), proto: protocol === 0 ? 'IP' : protocolName(protocol), virtual: formatAddress(vaddr, 0, family), vport,
		};
	};

	const otherService = {segment: otherLabel, proto: otherLabel, virtual: otherLabel, vport: otherLabel};

	const readReal = (real: RealServer, service: ServiceView, key: string, labels: Labels) => {
		const own = reals.isNamed(key)
			? {...labels, real: formatAddress(real.daddr, 0, service.service.family), rport: real.dport}
			: {...labels, real: otherLabel, rport: otherLabel};
		if (reals.isNamed(key)) {
			labelsOf.set(key, own);
		}

		realSessions.inc({...own, kind: 'open'}, real.open);
		realSessions.inc({...own, kind: 'closing'}, real.closing);
		realSessions.inc({...own, kind: 'template'}, real.templates);
		grow(realCreated, key, real.created, own);
		grow(realEnded, key, real.ended, own);
	};

	const refreshTable = (names: readonly string[]) => {
		const totals = view.totals();
		const all = view.services().sort((a, b) => b.open - a.open);
		const keyOf = ({service}: ServiceView) => `${service.segment} ${service.protocol} ${formatAddress(service.vaddr, 0, service.family)} ${service.vport}`;
		const realKey = (service: ServiceView, real: RealServer) => `${keyOf(service)} ${formatAddress(real.daddr, 0, service.service.family)} ${real.dport}`;
		drop(services.offer(all.map(service => keyOf(service))), [created, ended]);
		const goneReals = reals.offer(all.filter(service => services.isNamed(keyOf(service)))
			.flatMap(service => service.reals.map(real => ({key: realKey(service, real), open: real.open})))
			.sort((a, b) => b.open - a.open)
			.map(({key}) => key));
		drop(goneReals, [realCreated, realEnded]);
		sessions.reset();
		realSessions.reset();
		for (const service of all) {
			const key = keyOf(service);
			const labels = services.isNamed(key) ? readService(service, names) : otherService;
			if (labels !== otherService) {
				labelsOf.set(key, labels);
			}

			for (const [code, count] of service.counts.entries()) {
				if (count > 0) {
					const template = code >= templateCode;
					sessions.inc({...labels, state: stateName(service.service.protocol, template ? code - templateCode : code, template)}, count);
				}
			}

			grow(created, key, service.created, labels);
			grow(ended, key, service.ended, labels);
			for (const real of service.reals) {
				readReal(real, service, realKey(service, real), labels);
			}
		}

		for (const how of ['expired', 'ranout', 'evicted'] as const) {
			grow(ends, how, totals[how], {how});
		}

		strangeSessions.set(totals.unknownEntries);
		grow(moved, '', totals.moved);
		grow(changes, '', totals.stateChanges);
		return totals;
	};

	const seconds = (timeUs: number, {wallOffsetUs}: Status) => (timeUs + wallOffsetUs) / 1_000_000;

	const refreshDirectors = (now: Status, directorEntries: Int32Array) => {
		for (const one of [entries, master, listening, lastMessage, lastAdvert]) {
			one.reset();
		}

		let named = 0;
		for (const director of now.directors) {
			// Strangers have no series of their own: anyone on the link can make them up.
			const isNamed = director.bit !== sharedBit && named < most.directors;
			named += isNamed ? 1 : 0;
			const labels = isNamed ? {segment: printable(now.segments[director.segment] ?? '?'), director: director.address} : {segment: otherLabel, director: otherLabel};
			const key = `director ${director.index}`;
			grow(messages, key, director.messages, labels);
			grow(records, key, director.records, labels);
			grow(lost, key, director.lostMessages, labels);
			grow(restarts, key, director.restarts, labels);
			entries.inc(labels, directorEntries[director.index] ?? 0);
			if (isNamed) {
				master.set(labels, director.masterSinceUs > 0 ? 1 : 0);
				listening.set(labels, director.listeningSinceUs > 0 ? 1 : 0);
				if (director.lastSyncUs > 0) {
					lastMessage.set(labels, seconds(director.lastSyncUs, now));
				}

				if (director.lastAdvertUs > 0) {
					lastAdvert.set(labels, seconds(director.lastAdvertUs, now));
				}
			}
		}
	};

	const refreshPair = (pair: Pair, now: Status) => {
		const labels = {segment: printable(now.segments[pair.segment] ?? '?'), pair: `${pair.group}:${pair.port} ${pair.syncids.join(',')}`.trim()};
		pairOpen.set(labels, pair.open);
		pairKnown.set(labels, pair.forecasts[0]?.coverage.known ?? 0);
		pairListeners.set(labels, pair.forecasts.length);
		pairSplit.set(labels, pair.splitBrain?.endUs === 0 ? 1 : 0);
		for (const {kind} of pair.warnings.filter(({level}) => level === 'warning')) {
			pairWarnings.inc({...labels, kind});
		}

		const last = pair.takeovers.at(-1);
		if (last) {
			takeoverTime.set(labels, seconds(last.atUs, now));
			takeoverHeld.set(labels, last.coverage.held);
			takeoverKnown.set(labels, last.coverage.known);
		}

		for (const takeover of pair.takeovers.filter(({id}) => id > lastTakeover)) {
			takeovers.inc({...labels, kind: takeover.kind});
		}
	};

	const refreshFailover = (now: Status) => {
		for (const one of [pairOpen, pairKnown, pairListeners, pairSplit, pairWarnings, takeoverTime, takeoverHeld, takeoverKnown]) {
			one.reset();
		}

		const pairs = now.failover.pairs.slice(0, most.pairs);
		for (const pair of pairs) {
			refreshPair(pair, now);
		}

		lastTakeover = Math.max(lastTakeover, ...pairs.flatMap(pair => pair.takeovers.map(({id}) => id)));
	};

	const refreshSources = ({places, tally, limits}: Status) => {
		for (const {name, count} of limits) {
			grow(limited, name, count, {what: name});
		}

		up.reset();
		for (const [index, place] of places.entries()) {
			const labels = index < most.places ? {segment: printable(place.name), kind: place.kind} : {segment: otherLabel, kind: otherLabel};
			grow(packets, `place ${index}`, tally.places[index]?.frames ?? 0, labels);
			grow(drops, `place ${index}`, place.drops, labels);
			if (index < most.places) {
				up.set(labels, place.state === 'up' ? 1 : 0);
			}
		}

		for (const what of ['messages', 'records', 'adverts', 'reports', 'claims', 'duplicates', 'excluded'] as const) {
			grow(heard, what, tally[what], {what});
		}
	};

	const refresh = () => {
		const now = status();
		const tableTotals = refreshTable(now?.segments ?? []);
		if (now) {
			refreshDirectors(now, tableTotals.directorEntries);
			refreshFailover(now);
			refreshSources(now);
			if (now.recording) {
				recordingUp.set(now.recording.state === 'up' ? 1 : 0);
				grow(recordedPackets, '', now.recording.packets);
				grow(recordedOctets, '', now.recording.octets);
				grow(recordingLost, '', now.recording.lost);
			}
		}

		for (const [code, reason] of faultNames.entries()) {
			const count = (now?.tally.faults[code] ?? 0) + (tableTotals.refused.get(reason) ?? 0);
			if (count > 0) {
				grow(refused, reason, count, {reason});
			}
		}

		for (const totals of triggers()) {
			const {name: trigger} = totals;
			grow(triggerFired, trigger, totals.fired, {trigger});
			for (const [outcome, of] of triggerOutcomes) {
				grow(triggerRuns, `${trigger} ${outcome}`, totals[of], {trigger, outcome});
			}
		}

		growth.sweep();
	};

	return {
		contentType: registry.contentType,
		async text() {
			refresh();
			return registry.metrics();
		},
	};
};
