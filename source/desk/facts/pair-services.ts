import {createPathReader, type PathReader, type ServiceInfo} from '../../table/path-info.js';
import {controlAt, type TableArrays} from '../../table/memory.js';
import {formatEndpoint} from '../../wire/address.js';
import {protocolName} from '../../wire/sync/conn-state.js';

/** Which entries of the table belong to a pair. */
export type Selection = {
	readonly segment: number;
	/** Empty: any. */
	readonly syncids: readonly number[];
};

/** The virtual services of some pairs, numbered in the order in which they were found. */
export type ServiceRows = {
	readonly rows: ReadonlyArray<{readonly selection: number; readonly service: ServiceInfo}>;
	/** By path: 1 + row, 0 for paths of no pair. */
	readonly rowOfPath: Int32Array;
};

const udp = 17;

export const serviceText = ({family, protocol, vaddr, vport}: ServiceInfo): string => protocol === 0
	? `fwmark ${vaddr[0]! >>> 0}`
	: `${formatEndpoint(vaddr, 0, family, vport)}/${protocolName(protocol).toLowerCase()}`;

export const isUdpService = ({protocol}: ServiceInfo): boolean => protocol === udp;

/** Some hundred paths for a million entries, so this is made anew for each count. */
export const createServiceRows = (arrays: TableArrays, reader: PathReader = createPathReader(arrays)) => (selections: readonly Selection[]): ServiceRows => {
	const highWater = Atomics.load(arrays.control, controlAt.pathHighWater);
	const rowOfPath = new Int32Array(highWater + 1);
	const rows: Array<{selection: number; service: ServiceInfo}> = [];
	const byKey = new Map<number, number>();
	for (let id = 1; id <= highWater; id++) {
		const path = reader.path(id);
		if (!path) {
			continue;
		}

		const selection = selections.findIndex(({segment, syncids}) => segment === path.service.segment && (syncids.length === 0 || syncids.includes(path.syncid)));
		if (selection === -1) {
			continue;
		}

		const key = (path.service.id * selections.length) + selection;
		let row = byKey.get(key);
		if (row === undefined) {
			row = rows.length;
			byKey.set(key, row);
			rows.push({selection, service: path.service});
		}

		rowOfPath[id] = row + 1;
	}

	return {rows, rowOfPath};
};
