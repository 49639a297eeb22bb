import {type Connection} from '../table/connection.js';
import {type Described, type Frame} from './frame.js';
import {sessionsView} from './views/sessions/view.js';
import {vipsView} from './views/vips/view.js';

/** What the cursor is on in each view, or what is looked at closely; undefined for nothing. */
export const describeUnderCursor = ({sample, ui, view, place}: Frame): Described | undefined => {
	if (ui.detail?.kind === 'session') {
		return sample.session && sessionsView.describe(sample.session.connection satisfies Connection, sample);
	}

	if (ui.detail?.kind === 'vip') {
		const {service: id} = ui.detail;
		const service = sample.services.find(one => one.service.id === id);
		return service && vipsView.describe(service, sample);
	}

	const row = view.rowAt(sample, ui, place.cursor);
	return row === undefined ? undefined : view.describe(row, sample);
};
