import {stateCodes} from '../table/entry.js';
import {controlAt, type TableArrays} from '../table/memory.js';
import {type PathReader, type ServiceInfo} from '../table/path-info.js';
import {type FindOwner} from './counts.js';

/** What is counted by itself: the sessions of one virtual service and sync id. */
type ServiceRowInfo = {
	readonly service: ServiceInfo;
	readonly owner: number;
	readonly syncid: number;
	/** Real servers that sessions go to. */
	readonly reals: number;
};

/** The virtual services whose addresses are followed, numbered in the order in which they were found. */
type ServiceRows = {
	readonly rows: readonly ServiceRowInfo[];
	/** By path: 1 + row, 0 for paths of no address that is followed. */
	readonly rowOfPath: Int32Array;
};

const holdsAny = ({counts}: TableArrays, path: number): boolean => {
	for (let code = 0; code < stateCodes; code++) {
		if (counts[(path * stateCodes) + code] !== 0) {
			return true;
		}
	}

	return false;
};

/** Some hundred paths for a million entries, so this is made anew for each count. `wanted`: by owner, all when it is not given. */
export const serviceRowsOf = (findOwner: FindOwner, arrays: TableArrays, reader: PathReader, wanted?: ReadonlySet<number>): ServiceRows => {
	const highWater = Atomics.load(arrays.control, controlAt.pathHighWater);
	const rowOfPath = new Int32Array(highWater + 1);
	const rows: Array<{service: ServiceInfo; owner: number; syncid: number; reals: number}> = [];
	const realsOf: Array<Set<string>> = [];
	const byKey = new Map<number, number>();
	for (let id = 1; id <= highWater; id++) {
		const path = reader.path(id);
		if (!path || path.service.protocol === 0) {
			continue;
		}

		const key = (path.service.id * 256) + path.syncid;
		let row = byKey.get(key);
		if (row === undefined) {
			const owner = findOwner(path.service.segment, path.service.vaddr, 0);
			row = owner === -1 || (wanted && !wanted.has(owner)) ? -1 : rows.length;
			byKey.set(key, row);
			if (row !== -1) {
				rows.push({service: path.service, owner, syncid: path.syncid, reals: 0});
				realsOf.push(new Set());
			}
		}

		if (row !== -1) {
			rowOfPath[id] = row + 1;
			if (holdsAny(arrays, id)) {
				realsOf[row]!.add(`${path.daddr.join(' ')} ${path.dport}`);
			}
		}
	}

	for (const [index, row] of rows.entries()) {
		row.reals = realsOf[index]!.size;
	}

	return {rows, rowOfPath};
};
