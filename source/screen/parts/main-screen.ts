import {type Sample} from '../../sample/sample.js';
import {directorLetter} from '../../sample/screen-names.js';
import {isAfterTakeover, mainPair} from '../../sample/standing.js';
import {clockTime, onScreen} from '../../text/format.js';
import {fit, line, type Line} from '../../text/line.js';
import {markedSlots, type ScreenInput} from '../screen-input.js';
import {us} from '../../sample/source-words.js';
import {eventText} from './event-text.js';
import {filterBar} from './filter-bar.js';
import {directorLines, titleLine, verdictLines} from './headline.js';
import {sessionTable} from './session-table.js';
import {signOf, signTone} from './signs.js';
import {timeLine} from './time-line.js';
import {gridPlan, vipGrid} from './vip-grid.js';
import {vipList} from './vip-list.js';
import {shownServices} from './service-text.js';

/** From this width on the VIPs are panels. */
const gridColumns = 140;
const gridRows = 30;
/** Events are news for so long. */
const newsUs = 60 * us;

/** The first lines of every view: who, what happened, did it work. */
export const topLines = (input: ScreenInput, directors: number): Line[] => {
	const head = {...input, isFiltered: input.filter !== '', directors};
	return [titleLine(head), ...directorLines(head), ...verdictLines(head)];
};

/** Which signs there can be, in the words of the moment. */
const legend = (sample: Sample, columns: number): Line => {
	const pair = mainPair(sample);
	const last = pair?.takeovers.at(-1);
	const [from, to] = last ? [directorLetter(last.from), directorLetter(last.to)] : ['', ''];
	const text = isAfterTakeover(sample)
		? `? only ${from}'s word, ${to} not heard yet  ! ${to} does not know it  + new  * ${to} confirmed`
		: '! backup was not told  - ends in 10 s  + new  * changed  t template  # marked';
	return line(fit(text, columns), 'dim');
};

/** What was just done, else the latest event while it is news, else what the signs mean. */
const noteLine = (input: ScreenInput): Line => {
	const {sample, columns, message, localTime, named} = input;
	if (message !== '') {
		return line(fit(message, columns), 'title');
	}

	const last = sample.events.at(-1);
	if (last && sample.nowUs - last.timeUs < newsUs) {
		const {name, text, tone} = eventText(last, sample.status, named);
		return line(fit(`${clockTime(last.timeUs + (sample.status?.wallOffsetUs ?? 0), localTime).slice(0, 8)} ${name}: ${text}`, columns), tone);
	}

	return legend(sample, columns);
};

/** The last lines of every view. */
export const bottomLines = (input: ScreenInput): Line[] => {
	const {sample, columns, rows, hints, message} = input;
	const time = rows >= 18 ? timeLine(sample, input) : undefined;
	// A small screen has room for one of the two.
	const note = rows < 18 && message === '' ? [] : [noteLine(input)];
	return [
		...(time && (rows >= 30 || message === '') ? [time] : []),
		...(time && rows < 30 && message === '' ? [] : note),
		line(fit(hints, columns), 'dim'),
	];
};

export const currentService = ({sample, cursor}: ScreenInput): number | undefined => sample.rows[cursor - sample.offset]?.path.service.id;

const panelLines = (input: ScreenInput): Line[] => {
	const {sample, columns, rows, hasPanel, glyphs, named} = input;
	if (!hasPanel || rows < 18 || sample.services.length === 0) {
		return [];
	}

	const current = currentService(input);
	if (columns >= gridColumns && rows >= gridRows) {
		const room = Math.floor(rows * 0.36);
		const plan = gridPlan(sample.services, columns, room);
		const services = shownServices(sample.services, plan.across * plan.down);
		return vipGrid(sample, services, {plan: gridPlan(services, columns, room), first: 0, current, glyphs, named});
	}

	return vipList(sample, {columns, room: Math.min(sample.services.length + 1, Math.floor(rows / 4)), current, named});
};

export type MainFrame = {readonly top: readonly Line[]; readonly bottom: readonly Line[]; /** Sessions that fit between them. */ readonly visible: number};

/** All but the sessions. */
export const mainFrame = (input: ScreenInput): MainFrame => {
	const {rows} = input;
	const top = [...topLines(input, rows < 20 ? 2 : (rows < 30 ? 3 : 4)), ...panelLines(input), filterBar({...input, marked: input.marked.size})];
	const bottom = bottomLines(input);
	return {top, bottom, visible: Math.max(1, rows - top.length - bottom.length - 1)};
};

/** Fills up to the foot of the screen. */
export const framed = (top: readonly Line[], body: readonly Line[], bottom: readonly Line[], rows: number): Line[] => {
	const shown = [...top, ...body].slice(0, Math.max(0, rows - bottom.length));
	return [...shown, ...Array.from({length: Math.max(0, rows - bottom.length - shown.length)}, () => line('')), ...bottom];
};

export const mainScreen = (input: ScreenInput, {top, bottom, visible}: MainFrame): {readonly lines: readonly Line[]; readonly isCut: boolean} => {
	const {sample, columns, rows, cursor, sort, reverse, marked} = input;
	const {nowUs, changed, gone, status} = sample;
	const shown = sample.rows.slice(0, visible);
	const {judged} = sample;
	const {lines: body, isCut} = sessionTable({
		rows: shown,
		selected: cursor - sample.offset,
		nowUs, columns, sort, reverse, gone, named: input.named,
		chosen: input.chosenColumns,
		firstColumn: input.firstColumn,
		marked: markedSlots(shown, marked),
		letter: directorLetter,
		address: index => input.named(status?.directors.find(director => director.index === index)?.address ?? '?'),
		segment: index => onScreen(status?.segments[index] ?? '?'),
		fate: ({slot, template}) => template ? '' : judged.get(slot)?.fate ?? '',
		sign: connection => signOf(connection, {nowUs, changed, judged: judged.get(connection.slot), isAfterTakeover: isAfterTakeover(sample)}),
	});
	const empty = shown.length === 0 ? [line(sample.total === 0 ? '   no sessions now' : `   none of ${sample.total} sessions passes the filter; Esc clears it`, 'dim')] : [];
	return {lines: framed(top, [...body, ...empty], bottom, rows), isCut};
};

export const signHelp = (): ReadonlyArray<{readonly keys: string; readonly help: string}> => [
	{keys: '>', help: 'the row under the cursor; among the VIPs: the one it belongs to'},
	...Object.values(signTone).filter(({character}) => character !== ' ').map(({character, help}) => ({keys: character, help})),
	{keys: '#', help: 'marked by you'},
	{keys: '~', help: 'cut here for lack of room; y copies it whole'},
];
