import {filterOfRow} from '../../../filter/row-filter.js';
import {eventNames} from '../../../events/catalogue.js';
import {type LoggedEvent} from '../../../events/told.js';
import {type Sample} from '../../../sample/sample.js';
import {type PastChange} from '../../../table/read/change-scan.js';
import {clockTime, grouped, preciseTime} from '../../../text/format.js';
import {fit, fitting, line, wrapText} from '../../../text/line.js';
import {type View} from '../../frame.js';
import {changeText, eventText} from '../../parts/event-text.js';
import {Lines} from '../../theme.js';
import {placeOf} from '../../ui-state.js';

type EventRow = {readonly timeUs: number; readonly change: PastChange | undefined; readonly event: LoggedEvent | undefined};

/** Changes of sessions and all other events as one list, newest first. */
const eventRows = ({events, changes}: Sample): EventRow[] => [
	...changes.map(change => ({timeUs: change.timeUs, change, event: undefined})),
	...events.map(event => ({timeUs: event.timeUs, change: undefined, event})),
].toSorted((one, other) => other.timeUs - one.timeUs);

/** Changes of sessions are asked for in steps of so many, so that scrolling does not ask for each row. */
const changesStep = 200;
/** So many of them at most when their end is gone to; beyond that, page by page. */
const changesAtEnd = 20_000;
/** Changes beyond the last one that is shown, for the next page. */
const changesAhead = 50;

/** View 6: what happened, newest first. */
export const eventsView: View<EventRow> = {
	name: 'events',
	help: 'events',
	columns: [
		{title: 'time', help: 'when it was heard, in UTC unless --local-time', from: 0},
		{title: 'event', help: `what happened: ${eventNames.join(' ')}; try / event=takeover`, from: 0},
		{title: 'words', help: 'of a session: protocol, state, client > virtual > real, and by whom it was announced; Enter looks closer at it, b goes to the moment', from: 0},
	],
	columnGroup: 'EVENT',
	isNeverSilent: true,
	parts: {directors: () => 2, bar: 'events'},
	caption({sample: {lostChanges}, columns}) {
		const lost = lostChanges > 0 ? `, ${grouped(lostChanges)} older ones not kept` : '';
		return fitting([`EVENTS${lost}   try / event=takeover or / event=ranout   Enter session   b go there`, `EVENTS${lost}   try / event=takeover   Enter session   b go there`, `EVENTS${lost}   / event=takeover   Enter session`], columns);
	},
	extent: ({sample: {events, changes}, layout}) => ({total: events.length + changes.length, visible: layout.list, across: 1, isOpen: true}),
	rowAt: (sample, _ui, cursor) => eventRows(sample)[cursor],
	describe({timeUs, change, event}, {status}) {
		const {name, text} = change ? changeText(change, status) : eventText(event!, status);
		return {text: `${clockTime(timeUs)} ${name} ${text}`, filter: change && filterOfRow(change.connection)};
	},
	open: ({change}) => change && {kind: 'session', key: {slot: 0, firstUs: change.connection.firstUs}, connection: change.connection, offset: 0},
	momentOf: ({timeUs}) => timeUs,
	needs: ({place, extent, ui}) => ({changes: placeOf(ui).cursor === Infinity ? changesAtEnd : Math.max(changesStep, Math.ceil((place.offset + extent.visible + changesAhead) / changesStep) * changesStep)}),
	Body({frame}) {
		const {sample, columns, place: {cursor, offset}, extent: {total, visible}, localTime, named} = frame;
		if (total === 0) {
			return <Lines lines={wrapText('  nothing yet, or nothing that passes the filter', columns).map(text => line(text, 'dim'))}/>;
		}

		return <Lines lines={eventRows(sample).slice(offset, offset + visible).map(({timeUs, change, event}, index) => {
			const {name, text, tone} = change ? changeText(change, sample.status, named) : eventText(event!, sample.status, named);
			const isSelected = index + offset === cursor;
			const time = preciseTime(timeUs + (sample.status?.wallOffsetUs ?? 0), 3, localTime);
			return line(fit(`${isSelected ? '>' : ' '} ${time} ${name.padEnd(11)} ${text}`, columns), isSelected ? 'selected' : tone);
		})}/>;
	},
};
