import {type Advert, type FrameInfo} from '../wire/observation.js';
import {missesAdverts, type Director, type VrrpInstance} from './facts/director.js';
import {type Limits} from './facts/limits.js';
import {thresholds} from './facts/thresholds.js';

const maxInstances = 64;

const instanceOf = (director: Director, segment: number, advert: Advert, limits: Limits): VrrpInstance => {
	const known = director.instances.find(one => one.vrid === advert.vrid && one.family === advert.family && one.segment === segment);
	if (known) {
		return known;
	}

	const instance: VrrpInstance = {
		segment, family: advert.family, vrid: advert.vrid, priority: advert.priority, intervalMs: advert.intervalMs, lastUs: 0, identification: -1,
		reignUs: 0, adverts: 0, previousUs: 0, reignIdentification: -1, formerUs: 0, formerIdentification: -1, formerPriority: 0,
	};
	if (director.instances.length < maxInstances) {
		director.instances.push(instance);
	} else {
		limits.hit('routers');
	}

	return instance;
};

/**
Takes down an advert of a director, and gives what it says of that virtual router after it. A reign begins with its first advert of
priority > 0 after a silence or a resignation.
*/
export const noteAdvert = (director: Director, {timeUs, identification}: FrameInfo, segment: number, advert: Advert, limits: Limits): VrrpInstance => {
	if (director.lastAdvertUs === 0 && director.firstSyncUs === 0 && identification > 0 && identification <= thresholds.firstIdentifications) {
		director.heardFromStart = true;
	}

	const instance = instanceOf(director, segment, advert, limits);
	const isOver = instance.reignUs === 0 || instance.priority === 0 || missesAdverts(instance, timeUs, thresholds.silentIntervals);
	if (advert.priority > 0 && isOver) {
		instance.formerUs = instance.lastUs;
		instance.formerIdentification = instance.identification;
		instance.formerPriority = instance.lastUs === 0 ? 0 : instance.priority;
		instance.reignUs = timeUs;
		instance.reignIdentification = identification;
		instance.adverts = 0;
	}

	instance.previousUs = instance.adverts === 0 ? 0 : instance.lastUs;
	instance.adverts++;
	instance.lastUs = timeUs;
	instance.identification = identification;
	instance.priority = advert.priority;
	instance.intervalMs = advert.intervalMs;
	director.lastAdvertUs = timeUs;
	director.vrid = advert.vrid;
	director.priority = advert.priority;
	director.intervalMs = advert.intervalMs;
	return instance;
};
