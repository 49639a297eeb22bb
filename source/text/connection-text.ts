import {type Connection} from '../table/connection.js';
import {entryFlag} from '../table/entry.js';
import {type PathInfo} from '../table/path-info.js';
import {formatAddress, formatEndpoint} from '../wire/address.js';
import {forwardingName} from '../wire/sync/conn-flags.js';
import {protocolName, stateName} from '../wire/sync/conn-state.js';

export const clientText = ({caddr, family, cport}: Connection): string => formatEndpoint(caddr, 0, family, cport);
export const virtualText = ({vaddr, family, vport}: Connection): string => formatEndpoint(vaddr, 0, family, vport);
export const realText = ({daddr, family, dport}: Connection): string => formatEndpoint(daddr, 0, family, dport);
export const clientAddress = ({caddr, family}: Connection): string => formatAddress(caddr, 0, family);
export const virtualAddress = ({vaddr, family}: Connection): string => formatAddress(vaddr, 0, family);
export const realAddress = ({daddr, family}: Connection): string => formatAddress(daddr, 0, family);

/** Where a path leads to, `10.9.0.11:8443`. */
export const pathRealText = ({daddr, dport, service}: PathInfo): string => formatEndpoint(daddr, 0, service.family, dport);

/** State as ipvsadm prints it; templates have states of their own. */
export const stateText = ({protocol, state, template}: Connection): string => stateName(protocol, state, template);
export const protocolText = ({protocol}: Connection): string => protocolName(protocol);
export const forwardText = ({forward}: Connection): string => forwardingName(forward);

const flagNames: ReadonlyArray<readonly [flag: number, name: string]> = [
	[entryFlag.sync, 'sync'],
	[entryFlag.noOutput, 'noout'],
	[entryFlag.inactive, 'inactive'],
	[entryFlag.outSeq, 'outseq'],
	[entryFlag.inSeq, 'inseq'],
	[entryFlag.noCport, 'nocport'],
	[entryFlag.template, 'template'],
	[entryFlag.nfct, 'nfct'],
	[entryFlag.illFormed, 'ill-formed'],
	[entryFlag.partial, 'partial'],
	[entryFlag.other, 'other'],
];

/** Names of the flags that are set: the wire's, and `ill-formed`, `partial`, `other` for what was odd. */
export const flagsText = ({flags}: Connection): string[] => flagNames.filter(([flag]) => flags & flag).map(([, name]) => name);
