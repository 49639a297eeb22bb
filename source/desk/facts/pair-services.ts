import {type ServiceInfo} from '../../table/path-info.js';
import {formatEndpoint} from '../../wire/address.js';
import {protocolName} from '../../wire/sync/conn-state.js';

const udp = 17;

export const serviceText = ({family, protocol, vaddr, vport}: ServiceInfo): string => protocol === 0
	? `fwmark ${vaddr[0]! >>> 0}`
	: `${formatEndpoint(vaddr, 0, family, vport)}/${protocolName(protocol).toLowerCase()}`;

export const isUdpService = ({protocol}: ServiceInfo): boolean => protocol === udp;
