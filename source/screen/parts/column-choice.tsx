import {Box} from 'ink';
import {fit, line} from '../../text/line.js';
import {nothingToScroll, type Page} from '../frame.js';
import {Lines} from '../theme.js';
import {sessionColumns, visibleColumns} from '../views/sessions/columns.js';
import {hasSites} from '../../sample/source-words.js';

/** The overlay in which columns of the sessions are chosen. */
export const columnChoice: Page = {
	extent: nothingToScroll,
	needs: () => ({}),
	Picture({frame: {ui, columns, rows, sample}}) {
		const {overlay, columns: chosen} = ui;
		const cursor = overlay?.kind === 'columns' ? overlay.cursor : 0;
		const visible = Math.max(1, rows - 2);
		const first = Math.max(0, Math.min(cursor - Math.floor(visible / 2), sessionColumns.length - visible));
		const shown = new Set(visibleColumns(columns, chosen, hasSites(sample.status)));
		const lines = sessionColumns.slice(first, first + visible).map((column, index) => {
			const isSelected = first + index === cursor;
			return line(fit(`${isSelected ? '>' : ' '} [${shown.has(column) ? 'x' : ' '}] ${column.title.padEnd(9)} ${column.help}`, columns), isSelected ? 'selected' : 'plain');
		});
		return (
			<>
				<Lines lines={[line(fit('COLUMNS of the sessions, from left to right', columns), 'title')]}/>
				<Box flexDirection='column' height={visible}><Lines lines={lines}/></Box>
				<Lines lines={[line(fit('Space or Enter show or hide   r as suits the width   Esc close', columns), 'dim')]}/>
			</>
		);
	},
};
