import {open, rm} from 'node:fs/promises';
import path from 'node:path';
import {type Extract} from '../sample/sample.js';
import {grouped, rfc3339} from '../text/format.js';
import {listHeadingJson, listRowJson} from './list.js';
import {createNames} from './names.js';

/** Rows that are written at once: some hundred kilobytes. Between two writes the screen lives. */
const step = 1024;

const piecesOf = function * ({nowUs, status, totals: {connections, templates}, rows}: Extract, onRow: () => void) {
	const names = createNames();
	if (status) {
		names.update(status);
	}

	let piece = [listHeadingJson({nowUs: nowUs + (status?.wallOffsetUs ?? 0), connections, templates, source: status?.description ?? ''})];
	for (const row of rows) {
		piece.push(listRowJson(row, names, nowUs));
		onRow();
		if (piece.length >= step) {
			yield piece.join('');
			piece = [];
		}
	}

	yield piece.join('');
};

/** `ipvstop-20261122T194500Z.ndjson`. */
const nameAt = (timeMs: number): string => `ipvstop-${rfc3339(timeMs * 1000).replaceAll(/[\-:]|\.\d+/gv, '')}.ndjson`;

/**
Writes sessions as the lines of `--list --json` into a new file of the current directory that only its owner may read. Gives
its name and the count, or why there is none: a file that is there is never written over.
*/
export const saveSessions = async (extract: Extract, nowMs = Date.now(), folder = '.'): Promise<string> => {
	const name = nameAt(nowMs);
	const where = path.join(folder, name);
	let count = 0;
	try {
		const file = await open(where, 'wx', 0o600);
		try {
			await file.writeFile(piecesOf(extract, () => {
				count++;
			}));
		} catch (error) {
			// Half of it would pass for the whole.
			await rm(where, {force: true});
			throw error;
		} finally {
			await file.close();
		}

		return `wrote ${grouped(count)} session${count === 1 ? '' : 's'} to ${name}`;
	} catch (error) {
		return `cannot write ${name}: ${(error as Error).message}`;
	}
};
