import {grouped} from '../../../text/format.js';
import {fitting} from '../../../text/line.js';
import {type ServiceView} from '../../../table/read/services.js';
import {type Frame, type View} from '../../frame.js';
import {serviceFilter, serviceName, sessionsOf} from '../../parts/service-text.js';
import {vipColumns, vipList, vipRow} from '../../parts/vip-list.js';
import {gapColumns, gridPlan, vipGrid} from '../../parts/vip-panel.js';
import {Lines} from '../../theme.js';
import {type Place, type UiState} from '../../ui-state.js';

const sorts = ['address', 'sessions', 'new/s'] as const;

const sortOf = ({listSort}: UiState): (typeof sorts)[number] => sorts[listSort] ?? 'address';

/** The services in the order that was chosen. */
const ordered = (services: readonly ServiceView[], ui: UiState): readonly ServiceView[] => {
	const by = (key: (service: ServiceView) => number) => services.toSorted((one, other) => key(other) - key(one));
	return {address: () => services, sessions: () => by(sessionsOf), 'new/s': () => by(({newRates}) => newRates.tenSeconds)}[sortOf(ui)]();
};

/** Below this many rows there is no room for panels. */
const leastPanelRows = 6;

/** The first panel that is shown: whole lines of the grid, with the one under the cursor. */
const firstShown = ({cursor, offset}: Place, {across, visible}: {readonly across: number; readonly visible: number}): number => {
	const first = Math.floor(Math.max(0, Math.min(offset, cursor)) / across) * across;
	return cursor >= first + visible ? Math.ceil((cursor + 1 - visible) / across) * across : first;
};

const planOf = ({sample, ui, columns, layout}: Frame) => gridPlan(ordered(sample.services, ui), columns, layout.body);

/** View 2: every VIP as a panel, or as a line where the screen is too small. */
export const vipsView: View<ServiceView> = {
	name: 'vips',
	help: 'VIPs',
	columns: vipColumns,
	columnGroup: 'VIP',
	sorts,
	parts: {directors: () => 2},
	caption({sample, ui, columns}) {
		const [count, sort] = [grouped(sample.services.length), sortOf(ui)];
		return fitting([`VIPs ${count}, all their sessions (unfiltered)   sort ${sort}   Enter closer look   Y make it the filter`, `VIPs ${count} (unfiltered)   sort ${sort}   Enter closer look   Y filters`, `VIPs ${count} (unfiltered)  sort ${sort}  Enter closer look`], columns);
	},
	extent(frame) {
		const total = frame.sample.services.length;
		if (frame.layout.body < leastPanelRows) {
			return {total, visible: Math.max(1, frame.layout.body - 1), across: 1};
		}

		const {across, down} = planOf(frame);
		return {total, visible: across * down, across};
	},
	rowAt: (sample, ui, cursor) => ordered(sample.services, ui)[cursor],
	cursorAt(frame, column, line) {
		const {layout, place: {cursor, offset}, extent: {visible}} = frame;
		if (layout.body < leastPanelRows) {
			// A heading stands above them.
			return line === 0 || line > visible ? undefined : offset + line - 1;
		}

		const {across, width, height} = planOf(frame);
		const [x, y] = [Math.floor(column / (width + gapColumns)), Math.floor(line / height)];
		return x < across && y < visible / across ? firstShown({cursor, offset}, {across, visible}) + (y * across) + x : undefined;
	},
	describe: ({service}) => ({text: serviceName(service), filter: serviceFilter(service)}),
	open: ({service}) => ({kind: 'vip', service: service.id, offset: 0}),
	needs: () => ({}),
	signs: ({sample, ui, place: {offset}, extent: {visible}}) => new Set(ordered(sample.services, ui).slice(offset, offset + visible).map(service => vipRow(service, sample).sign)),
	Body({frame}) {
		const {sample, ui, columns, layout, place: {cursor, offset}, extent: {visible}, glyphs, named} = frame;
		const services = ordered(sample.services, ui);
		const current = services[cursor]?.service.id;
		if (layout.body < leastPanelRows) {
			return <Lines lines={vipList({...sample, services: services.slice(offset, offset + visible)}, {columns, room: layout.body, current, named})}/>;
		}

		const plan = planOf(frame);
		const start = firstShown({cursor, offset}, {across: plan.across, visible});
		return <Lines lines={vipGrid(sample, services, {plan, first: start, current, glyphs, named})}/>;
	},
};
