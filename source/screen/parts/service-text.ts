import {type ServiceInfo} from '../../table/path-info.js';
import {type RealServer, type SessionCounts} from '../../table/read/services.js';
import {formatAddress, formatEndpoint} from '../../wire/address.js';
import {protocolName, stateName} from '../../wire/sync/conn-state.js';

/** `192.0.2.10:443/tcp`, or the mark of a fwmark service. */
export const serviceName = ({protocol, vaddr, family, vport}: ServiceInfo): string =>
	protocol === 0 ? `fwmark ${vaddr[0]! >>> 0}` : `${formatEndpoint(vaddr, 0, family, vport)}/${protocolName(protocol).toLowerCase()}`;

/** The filter that lets through what belongs to a service. */
export const serviceFilter = ({protocol, vaddr, family, vport}: ServiceInfo): string => protocol === 0
	? `fwmark=${vaddr[0]! >>> 0}`
	: `vip=${vport === 0 ? formatAddress(vaddr, 0, family) : formatEndpoint(vaddr, 0, family, vport)} proto=${protocolName(protocol).toLowerCase()}`;

export const realName = ({daddr, dport}: Pick<RealServer, 'daddr' | 'dport'>, {family}: Pick<ServiceInfo, 'family'>): string => formatEndpoint(daddr, 0, family, dport);

type StateCount = {readonly name: string; readonly count: number};

/** Connections by state, most frequent first. */
export const statesOf = ({counts}: SessionCounts, {protocol}: Pick<ServiceInfo, 'protocol'>): StateCount[] =>
	[...counts.subarray(0, 14)]
		.map((count, code) => ({name: stateName(protocol, code, false), count}))
		.filter(({count}) => count > 0)
		.toSorted((one, other) => other.count - one.count);

/** Sessions without templates. */
export const sessionsOf = ({open, closing}: SessionCounts): number => open + closing;
