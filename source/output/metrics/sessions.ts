import {templateCode} from '../../table/entry.js';
import {type RealServer, type ServiceView} from '../../table/read/services.js';
import {type TableTotals, type TableView} from '../../table/read/table-view.js';
import {formatAddress} from '../../wire/address.js';
import {protocolName, stateName} from '../../wire/sync/conn-state.js';
import {createLabelBudget, otherLabel, segmentLabel} from './labels.js';
import {type Labels, type MetricsRegistry} from './registry.js';

/** Series of their own, at most; the rest is added up as `other`. */
const most = {services: 64, reals: 256} as const;

const serviceLabels = ['segment', 'proto', 'virtual', 'vport'] as const;
const realLabels = [...serviceLabels, 'real', 'rport'] as const;

const otherService: Labels = {segment: otherLabel, proto: otherLabel, virtual: otherLabel, vport: otherLabel};
const otherReal = {real: otherLabel, rport: otherLabel} as const;

const serviceKey = ({service}: ServiceView): string => `${service.segment} ${service.protocol} ${formatAddress(service.vaddr, 0, service.family)} ${service.vport}`;

const realKey = (service: ServiceView, {daddr, dport}: RealServer): string => `${serviceKey(service)} ${formatAddress(daddr, 0, service.service.family)} ${dport}`;

const labelsOfService = ({service: {family, protocol, vaddr, vport, segment}}: ServiceView, segments: readonly string[]): Labels => ({
	segment: segmentLabel(segments, segment), proto: protocol === 0 ? 'IP' : protocolName(protocol), virtual: formatAddress(vaddr, 0, family), vport,
});

/** The connection table, by virtual service and by real server. Gives what refreshes it, with the names of segments by number. */
export const createSessionMetrics = ({gauge, counter}: MetricsRegistry, capacity: number): ((view: TableView, totals: TableTotals, segments: readonly string[]) => void) => {
	const sessions = gauge('sessions', 'Entries of the connection table by virtual service and state, templates included.', [...serviceLabels, 'state']);
	const created = counter('sessions_created_total', 'Sessions that were announced for the first time.', serviceLabels);
	const ended = counter('sessions_ended_total', 'Sessions that expired, ran out or were evicted.', serviceLabels);
	const realSessions = gauge('real_sessions', 'Entries by real server: open, closing, template.', [...realLabels, 'kind']);
	const realCreated = counter('real_sessions_created_total', 'Sessions of a real server that were announced for the first time.', realLabels);
	const realEnded = counter('real_sessions_ended_total', 'Sessions of a real server that ended.', realLabels);
	const ends = counter('session_ends_total', 'Sessions that ended, by how.', ['how']);
	const moved = counter('sessions_moved_total', 'Sessions that went to another real server.');
	const changes = counter('session_state_changes_total', 'Changes of state.');
	const strange = gauge('unknown_sender_sessions', 'Entries that senders announced last which are not known: they share a tenth of the room.');
	gauge('table_capacity', 'Entries that the table has room for.').set(capacity);

	const namedServices = createLabelBudget(most.services);
	const namedReals = createLabelBudget(most.reals);
	/** Labels of what has, or had until now, a name of its own. */
	const labelsOf = new Map<string, Labels>();

	/** Takes the labels of what is gone. */
	const takeLabels = (keys: readonly string[]): Labels[] => keys.flatMap(key => {
		const labels = labelsOf.get(key);
		labelsOf.delete(key);
		return labels ? [labels] : [];
	});

	const removeReal = (labels: Labels) => {
		realCreated.remove(labels);
		realEnded.remove(labels);
	};

	/** Decides what has a name of its own; the series of what is gone would pile up. */
	const nameAll = (services: readonly ServiceView[]) => {
		for (const labels of takeLabels(namedServices.offer(services.map(service => serviceKey(service))))) {
			created.remove(labels);
			ended.remove(labels);
			// What its real servers beyond the budget had together.
			removeReal({...labels, ...otherReal});
		}

		const reals = services.filter(service => namedServices.isNamed(serviceKey(service)))
			.flatMap(service => service.reals.map(real => ({key: realKey(service, real), open: real.open})))
			.sort((a, b) => b.open - a.open);
		for (const labels of takeLabels(namedReals.offer(reals.map(({key}) => key)))) {
			removeReal(labels);
		}
	};

	const refreshReal = (real: RealServer, service: ServiceView, ofService: Labels) => {
		const key = realKey(service, real);
		const isNamed = namedReals.isNamed(key);
		const labels = {...ofService, ...(isNamed ? {real: formatAddress(real.daddr, 0, service.service.family), rport: real.dport} : otherReal)};
		if (isNamed) {
			labelsOf.set(key, labels);
		}

		realSessions.inc({...labels, kind: 'open'}, real.open);
		realSessions.inc({...labels, kind: 'closing'}, real.closing);
		realSessions.inc({...labels, kind: 'template'}, real.templates);
		realCreated.grow(real.created, labels, key);
		realEnded.grow(real.ended, labels, key);
	};

	const refreshService = (service: ServiceView, segments: readonly string[]) => {
		const key = serviceKey(service);
		const isNamed = namedServices.isNamed(key);
		const labels = isNamed ? labelsOfService(service, segments) : otherService;
		if (isNamed) {
			labelsOf.set(key, labels);
		}

		for (const [code, count] of service.counts.entries()) {
			if (count > 0) {
				const template = code >= templateCode;
				sessions.inc({...labels, state: stateName(service.service.protocol, template ? code - templateCode : code, template)}, count);
			}
		}

		created.grow(service.created, labels, key);
		ended.grow(service.ended, labels, key);
		for (const real of service.reals) {
			refreshReal(real, service, labels);
		}
	};

	return (view, totals, segments) => {
		const services = view.services().sort((a, b) => b.open - a.open);
		nameAll(services);
		sessions.reset();
		realSessions.reset();
		for (const service of services) {
			refreshService(service, segments);
		}

		for (const how of ['expired', 'ranout', 'evicted'] as const) {
			ends.grow(totals[how], {how});
		}

		strange.set(totals.unknownEntries);
		moved.grow(totals.moved);
		changes.grow(totals.stateChanges);
	};
};
