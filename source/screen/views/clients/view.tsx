import {type ClientCount} from '../../../sample/client-scan.js';
import {type Sample} from '../../../sample/sample.js';
import {type Naming} from '../../../text/alias-names.js';
import {grouped, percent, short} from '../../../text/format.js';
import {beside, fitting, line, type Line} from '../../../text/line.js';
import {textTable, type Column} from '../../../text/text-table.js';
import {formatAddress} from '../../../wire/address.js';
import {type View} from '../../frame.js';
import {Lines} from '../../theme.js';

const clientName = ({family, address}: ClientCount): string => formatAddress(address, 0, family);
const netName = ({family, address}: ClientCount): string => `${formatAddress(address, 0, family)}/${family === 4 ? 24 : 64}`;

type ClientRow = {readonly count: ClientCount; readonly name: string; readonly all: number};

/** Where there is little room, an address is worth more than its share. */
const clientColumns = (what: string, width: number): ReadonlyArray<Column<ClientRow>> => ([
	{id: 'client', title: what, help: 'address, or net', align: 'left', shrink: 1, text: ({name}) => name},
	{id: 'sessions', title: 'SESSIONS', help: 'without templates', align: 'right', text: ({count}) => grouped(count.sessions)},
	{id: 'open', title: 'OPEN', help: 'open sessions', align: 'right', least: 6, text: ({count}) => short(count.open)},
	{id: 'share', title: 'SHARE', help: 'of all that were counted', align: 'right', text: ({count, all}) => percent(count.sessions, all)},
] as const satisfies ReadonlyArray<Column<ClientRow>>).filter(({id}) => width >= 36 || id === 'client' || id === 'sessions');

/** Clients and nets side by side, the cursor among the clients. */
export const clientBlocks = (sample: Sample, {columns, visible, offset, cursor, named}: {readonly columns: number; readonly visible: number; readonly offset: number; readonly cursor: number; readonly named: Naming}): Line[] => {
	const {clients} = sample;
	if (!clients) {
		return [line('  counting …'.replace('…', '...'), 'dim')];
	}

	const half = Math.floor((columns - 2) / 2);
	const block = (what: string, counts: readonly ClientCount[], nameOf: (count: ClientCount) => string, first: number, selected: number): Line[] => {
		const rows = counts.slice(first, first + visible).map(count => ({count, name: nameOf(count), all: clients.sessions}));
		const table = textTable(clientColumns(what, half), rows, half - 2, {named});
		return [line(`  ${table.heading}`, 'heading'), ...rows.map((_, index) => line(`${index + first === selected ? '>' : ' '} ${table.rows[index]!}`, index + first === selected ? 'selected' : 'plain'))];
	};

	return beside([
		{lines: block('CLIENT', clients.clients, clientName, offset, cursor), width: half},
		{lines: block('NET /24 /64', clients.nets, netName, 0, -1), width: half},
	], '  ');
};

/** View 5: who connects. */
export const clientsView: View<ClientCount> = {
	name: 'clients',
	help: 'clients and their nets',
	columns: clientColumns('CLIENT', Infinity).map(column => ({...column, from: 0})),
	columnGroup: 'CLIENT',
	parts: {directors: () => 2, bar: 'sessions', hasHeading: true},
	caption({sample: {clients}, columns}) {
		const counted = clients
			? `${grouped(clients.distinctClients)} clients in ${grouped(clients.distinctNets)} nets, ${grouped(clients.sessions)} sessions${clients.isPartial ? ', the rarest left out' : ''}`
			: 'counting';
		return fitting([`CLIENTS that pass the filter: ${counted}   Enter and Y make it the filter`, `CLIENTS: ${counted}   Enter and Y filter`, `CLIENTS: ${counted}`], columns);
	},
	extent: ({sample, layout}) => ({total: sample.clients?.clients.length ?? 0, visible: layout.list, across: 1}),
	rowAt: ({clients}, _ui, cursor) => clients?.clients[cursor],
	describe: client => ({text: clientName(client), filter: `client=${clientName(client)}`}),
	needs: () => ({wantsClients: true}),
	Body: ({frame: {sample, columns, place, extent, named}}) => <Lines lines={clientBlocks(sample, {columns, visible: extent.visible, ...place, named})}/>,
};
