import {events} from '../events/catalogue.js';
import {type Tell} from './desk-events.js';
import {type Directors} from './registry.js';
import {thresholds} from './facts/thresholds.js';
import {type RouterHooks} from './routers.js';

const us = 1_000_000;

/** Who is the master of a virtual router, as long as that is no takeover: kept with the directors, and told. */
export const createRouterEvents = (directors: Directors, tell: Tell): Pick<RouterHooks, 'first' | 'resigned' | 'silent' | 'resumed'> => ({
	first({vrid, master: {director, instance}}, timeUs) {
		directors.setMaster(director, timeUs, timeUs);
		tell(timeUs, events.vrrp, [director], {address: director.address, vrid, priority: instance.priority, role: 'master'});
	},
	resigned({vrid}, director, timeUs) {
		directors.setMaster(director, 0, timeUs);
		tell(timeUs, events.vrrp, [director], {address: director.address, vrid, priority: 0, role: 'resigned'});
	},
	silent({vrid, master: {director, instance}}, timeUs) {
		if (director.priority !== 0) {
			directors.setMaster(director, 0, timeUs);
			tell(timeUs, events.silent, [director], {
				address: director.address, vrid, priority: instance.priority, what: 'adverts', seconds: (timeUs - instance.lastUs) / us,
				syncGoesOn: director.lastSyncUs > instance.lastUs + (instance.intervalMs * 1000) + thresholds.syncGoesOnUs,
			});
		}
	},
	resumed({vrid, master: {director, instance}}, timeUs) {
		directors.setMaster(director, timeUs, timeUs);
		tell(timeUs, events.vrrp, [director], {address: director.address, vrid, priority: instance.priority, role: 'master'}, 'master again');
	},
});
