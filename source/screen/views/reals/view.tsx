import {type Sample} from '../../../sample/sample.js';
import {grouped} from '../../../text/format.js';
import {fit, fitting, line} from '../../../text/line.js';
import {textTable} from '../../../text/text-table.js';
import {type View} from '../../frame.js';
import {realName, serviceFilter, sessionsOf} from '../../parts/service-text.js';
import {Lines} from '../../theme.js';
import {type UiState} from '../../ui-state.js';
import {isPassedOver, realColumnHelp, realColumns, type RealRow} from './columns.js';

const sorts = ['address', 'sessions', 'new/s', 'last new'] as const;

const sortOf = ({listSort}: UiState): (typeof sorts)[number] => sorts[listSort] ?? 'address';

/** Real servers of all services, in the order that was chosen. */
const rowsOf = ({services}: Sample, ui: UiState): readonly RealRow[] => {
	const rows = services.flatMap(service => service.reals.map(real => ({real, service})));
	const by = (key: (row: RealRow) => number) => rows.toSorted((one, other) => key(other) - key(one));
	return {
		address: () => rows, sessions: () => by(({real}) => sessionsOf(real)), 'new/s': () => by(({real}) => real.newRates.tenSeconds), 'last new': () => by(({real}) => real.lastNewUs),
	}[sortOf(ui)]();
};

/** View 3: where the sessions go. */
export const realsView: View<RealRow> = {
	name: 'reals',
	help: 'real servers',
	columns: realColumnHelp,
	columnGroup: 'REAL',
	sorts,
	parts: {directors: () => 2, hasHeading: true},
	caption({sample, ui, columns}) {
		const [count, sort] = [grouped(rowsOf(sample, ui).length), sortOf(ui)];
		return fitting([`REAL SERVERS ${count} (unfiltered)   sort ${sort}   Enter and Y make it the filter`, `REAL SERVERS ${count} (unfiltered)  sort ${sort}  Enter filters`, `REAL SERVERS ${count} (unfiltered)   sort ${sort}   Enter filters`], columns);
	},
	extent: ({sample, ui, layout}) => ({total: rowsOf(sample, ui).length, visible: layout.list, across: 1}),
	rowAt: (sample, ui, cursor) => rowsOf(sample, ui)[cursor],
	describe: ({real, service}) => ({text: realName(real, service.service), filter: `rs=${realName(real, service.service)} ${serviceFilter(service.service)}`}),
	needs: () => ({}),
	legend: ({sample, ui, place: {offset}, extent: {visible}}) => rowsOf(sample, ui).slice(offset, offset + visible).some(row => isPassedOver(row, sample.nowUs)) ? ['z idle: no new session while its peers had some'] : [],
	Body({frame}) {
		const {sample, ui, columns, place: {cursor, offset}, extent: {visible}, glyphs, named} = frame;
		const shown = rowsOf(sample, ui).slice(offset, offset + visible);
		const table = textTable(realColumns(sample.nowUs, columns, glyphs), shown, columns - 2, {named});
		return <Lines lines={[line(`  ${table.heading}`, 'heading'), ...shown.map((row, index) => {
			const isSelected = index + offset === cursor;
			const isWarned = isPassedOver(row, sample.nowUs);
			return line(fit(`${isSelected ? '>' : ' '}${isWarned ? 'z' : ' '}${table.rows[index]!}`, columns), isSelected ? 'selected' : (isWarned ? 'warning' : 'plain'));
		})]}/>;
	},
};
