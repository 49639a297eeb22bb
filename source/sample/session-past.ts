import {type Connection} from '../table/connection.js';
import {entryFlag, entryFlags} from '../table/entry.js';
import {type TableView} from '../table/read/table-view.js';
import {type Question, type SessionDetail} from './sample.js';
import {type TableReading} from './table-reading.js';

const longestHistory = 400;
/** Templates of one client that are looked at: one for each virtual service that keeps it. */
const mostTemplates = 8;

/** The persistence template of a connection's client and virtual address. */
const templateOf = (view: TableView, {template, caddr, vaddr}: Connection, nowUs: number): Connection | undefined => {
	if (template) {
		return undefined;
	}

	const [c0, c1, c2, c3] = caddr;
	const {slots} = view.select({
		predicate: (words, at) => (entryFlags(words, at) & entryFlag.template) !== 0 && words[at] === c0 && words[at + 1] === c1 && words[at + 2] === c2 && words[at + 3] === c3,
		count: mostTemplates,
	}, nowUs);
	return [...slots].map(slot => view.row(slot, nowUs)).find(row => row?.vaddr.every((word, index) => word === vaddr[index]));
};

/** A session that was chosen on the screen: as it is, or was last, and all that is kept of its past. */
export const sessionPast = ({view, scan, judge}: TableReading, {slot, firstUs, connection: known}: NonNullable<Question['session']>, nowUs: number): SessionDetail => {
	// What came from a change knows no slot.
	const found = slot > 0 ? slot : view.select({predicate: scan.ofSession(known), count: 1}, nowUs).slots[0] ?? 0;
	const row = view.row(found, nowUs);
	const isHeld = row?.firstUs === firstUs;
	const connection = isHeld ? row : known;
	const ofSession = scan.ofSession(connection);
	const departed = isHeld ? undefined : view.departed(1, ofSession).find(one => one.timeUs <= nowUs);
	const {changes, complete} = scan.find(ofSession, {limit: longestHistory, most: Infinity, untilUs: nowUs});
	return {
		connection: departed?.connection ?? connection, departed, isHeld,
		judged: isHeld ? judge(found) : undefined,
		history: changes.toReversed(), isComplete: complete, template: templateOf(view, connection, nowUs),
	};
};
