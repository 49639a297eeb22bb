import {filterOfRow} from '../filter/row-filter.js';
import {type Sample} from '../sample/sample.js';
import {type Connection} from '../table/connection.js';
import {type ServiceView} from '../table/read/services.js';
import {clientText, protocolText, realText, stateText, virtualText} from '../text/connection-text.js';
import {clockTime} from '../text/format.js';
import {changeText, eventText} from './parts/event-text.js';
import {clientName, eventRows, orderedServices, realFilter, realRows, type EventRow} from './views/list-views.js';
import {realName, serviceFilter, serviceName} from './parts/service-text.js';
import {listSorts, type UiState} from './ui-state.js';

/** The session on a row, counted from the first of all rows; undefined where nothing is known yet. */
export const sessionAt = (sample: Sample, cursor: number): Connection | undefined => sample.rows[cursor - sample.offset];

export const serviceAt = (sample: Sample, {listSort}: UiState, cursor: number): ServiceView | undefined =>
	orderedServices(sample.services, listSorts.vips[listSort] ?? 'address')[cursor];

export const eventAt = (sample: Sample, cursor: number): EventRow | undefined => eventRows(sample)[cursor];

/** The row under the cursor in words, and the filter that shows what belongs to it, where there is one. */
export type Described = {readonly text: string; readonly filter: string | undefined};

const describeSession = (row: Connection): Described => ({
	text: `${protocolText(row)} ${stateText(row)} ${clientText(row)} ${virtualText(row)} ${realText(row)}`,
	filter: filterOfRow(row),
});

const describeService = ({service}: ServiceView): Described => ({text: serviceName(service), filter: serviceFilter(service)});

const describeEvent = ({timeUs, change, event}: EventRow, {status}: Sample): Described => {
	const {name, text} = change ? changeText(change) : eventText(event!, status);
	return {text: `${clockTime(timeUs)} ${name} ${text}`, filter: change && filterOfRow(change.connection)};
};

/** What the cursor is on in each view, or what is looked at closely; undefined for nothing. */
export const describeUnderCursor = (sample: Sample, ui: UiState, cursor: number): Described | undefined => {
	const {view, detail, listSort} = ui;
	if (detail?.kind === 'session') {
		return sample.session && describeSession(sample.session.connection);
	}

	if (view === 'sessions') {
		const row = sessionAt(sample, cursor);
		return row && describeSession(row);
	}

	if (detail?.kind === 'vip') {
		const service = sample.services.find(one => one.service.id === detail.service);
		return service && describeService(service);
	}

	switch (view) {
		case 'vips': {
			const service = serviceAt(sample, ui, cursor);
			return service && describeService(service);
		}

		case 'reals': {
			const row = realRows(sample, listSorts.reals[listSort] ?? 'address')[cursor];
			return row && {text: realName(row.real, row.service.service), filter: realFilter(row)};
		}

		case 'clients': {
			const client = sample.clients?.clients[cursor];
			return client && {text: clientName(client), filter: `client=${clientName(client)}`};
		}

		case 'events': {
			const event = eventAt(sample, cursor);
			return event && describeEvent(event, sample);
		}

		case 'failover': {
			return undefined;
		}
	}
};
