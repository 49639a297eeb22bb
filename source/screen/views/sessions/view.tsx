import {filterOfRow} from '../../../filter/row-filter.js';
import {hasSites} from '../../../sample/source-words.js';
import {directorName} from '../../../sample/screen-names.js';
import {cannotTell} from '../../../sample/standing.js';
import {type Connection} from '../../../table/connection.js';
import {clientText, protocolText, realText, stateText, virtualText} from '../../../text/connection-text.js';
import {onScreen} from '../../../text/format.js';
import {fit, line, type Line} from '../../../text/line.js';
import {textTable} from '../../../text/text-table.js';
import {markedSlots, oncePerFrame, type View} from '../../frame.js';
import {Lines} from '../../theme.js';
import {firstView} from '../../ui-state.js';
import {sessionColumns, visibleColumns, type SessionRow} from './columns.js';
import {characterOf, signOf, toneOfSign, type RowSign} from './signs.js';

/** From this width on states are written out. */
const wideColumns = 100;

/** Heading and rows: cursor, sign, mark, then the columns. `<` in the heading: there are more to the left. */
const tableOf = oncePerFrame((frame): {readonly lines: readonly Line[]; readonly isCut: boolean; readonly present: ReadonlySet<RowSign>} => {
	const {sample, columns, ui: {sort, reverse, columns: chosen, firstColumn, marked}, layout, place, named} = frame;
	const {nowUs, changed, gone, status, judged} = sample;
	const rows = sample.rows.slice(0, layout.list);
	const markedRows = markedSlots(rows, marked);
	const unsure = cannotTell(sample);
	const order = reverse ? 'v' : '^';
	const shown = visibleColumns(columns, chosen, hasSites(status)).slice(firstColumn);
	const table = textTable(
		shown,
		rows.map((connection): SessionRow => ({
			connection, nowUs, isWide: columns >= wideColumns, isGone: gone.has(connection.slot),
			letter: index => directorName(status, index, named),
			address: index => named(status?.directors.find(director => director.index === index)?.address ?? '?'),
			segment: index => onScreen(status?.segments[index] ?? '?'),
			fate: row => row.template ? '' : judged.get(row.slot)?.fate ?? '',
		})),
		columns - 3,
		{named, titleOf: ({id, title}) => sort === sessionColumns.find(column => column.id === id)?.sort ? `${title}${order}` : title},
	);
	const present = new Set<RowSign>();
	const lines = rows.map((connection, index) => {
		const isSelected = index === place.cursor - sample.offset;
		const sign = gone.has(connection.slot) ? 'gone' : signOf(connection, {nowUs, changed, judged: judged.get(connection.slot), unsure});
		present.add(sign);
		// What would happen is no damage done: it colours its sign alone.
		const tone = isSelected ? 'selected' : (sign === 'risk' ? 'plain' : toneOfSign(sign));
		const isApart = sign !== 'none' && tone !== toneOfSign(sign);
		return line(
			fit(`${isSelected ? '>' : ' '}${characterOf(sign)}${markedRows.has(connection.slot) ? '#' : ' '}${table.rows[index]!}`, columns), tone,
			isApart ? [{at: 0, length: 1, tone}, {at: 1, length: 1, tone: toneOfSign(sign)}, {at: 2, length: columns - 2, tone}] : undefined,
		);
	});
	const empty = rows.length === 0 ? [line(sample.total === 0 ? '   no sessions now' : `   none of ${sample.total} sessions passes the filter; Esc clears it`, 'dim')] : [];
	return {
		lines: [line(`${firstColumn > 0 ? '<' : ' '}  ${table.heading}`, 'heading'), ...lines, ...empty],
		present,
		isCut: shown.length > 1 && table.widths.reduce((sum, width) => sum + width + 1, 2) > columns,
	};
});

/** View 1: the sessions themselves, below who serves them. */
export const sessionsView: View<Connection> = {
	name: firstView,
	help: 'sessions',
	hint: [3, '1-6 views'],
	columns: sessionColumns,
	columnGroup: 'COLUMN',
	parts: {directors: rows => rows < 20 ? 2 : (rows < 30 ? 3 : 4), hasPanel: true, bar: 'sessions', hasHeading: true},
	follows: true,
	extent: frame => ({total: frame.sample.matched, visible: frame.layout.list, across: 1, isCut: () => tableOf(frame).isCut}),
	/** Undefined where nothing is known yet. */
	rowAt: ({rows, offset}, _ui, cursor) => rows[cursor - offset],
	describe: row => ({text: `${protocolText(row)} ${stateText(row)} ${clientText(row)} ${virtualText(row)} ${realText(row)}`, filter: filterOfRow(row)}),
	open: connection => ({kind: 'session', key: {slot: connection.slot, firstUs: connection.firstUs}, connection, offset: 0}),
	needs: ({place, extent}) => ({offset: place.offset, count: extent.visible}),
	signs: frame => tableOf(frame).present,
	legend: ({ui: {marked}}) => marked.size > 0 ? ['# marked'] : [],
	Body: ({frame}) => <Lines lines={tableOf(frame).lines}/>,
};
