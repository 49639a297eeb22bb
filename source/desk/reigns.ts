/*
What a director says of one virtual router: a reign begins with its first advert of priority > 0 after a silence or a resignation. Silence
is judged by the interval in force: a single advert, which anyone can forge, changes neither it nor the list of addresses, and ends no reign
that goes on.
*/
import {formatAddress} from '../wire/address.js';
import {type Advert, type FrameInfo} from '../wire/observation.js';
import {missesAdverts, type Director, type VrrpInstance} from './facts/director.js';
import {type Limits} from './facts/limits.js';
import {thresholds} from './facts/thresholds.js';

const maxInstances = 64;

export const createInstance = (segment: number, {family, vrid, priority, intervalMs, version, auth}: Pick<Advert, 'family' | 'vrid' | 'priority' | 'intervalMs' | 'version' | 'auth'>, isUnicast: boolean): VrrpInstance => ({
	segment, family, vrid, isUnicast, priority, intervalMs, saidIntervalMs: intervalMs, version, auth, addressWords: [], addresses: [], saidWords: [], lastUs: 0, identification: -1,
	reignUs: 0, adverts: 0, previousUs: 0, reignIdentification: -1, formerUs: 0, formerIdentification: -1, formerPriority: 0,
});

const instanceOf = (director: Director, segment: number, advert: Advert, isUnicast: boolean, limits: Limits): VrrpInstance => {
	const known = director.instances.find(one => one.vrid === advert.vrid && one.family === advert.family && one.segment === segment);
	if (known) {
		return known;
	}

	const instance = createInstance(segment, advert, isUnicast);
	if (director.instances.length < maxInstances) {
		director.instances.push(instance);
	} else {
		limits.hit('routers');
	}

	return instance;
};

const isSameList = (words: readonly number[], {addresses, addressCount}: Advert): boolean => {
	if (words.length !== addressCount * 4) {
		return false;
	}

	for (const [index, word] of words.entries()) {
		if (addresses[index] !== word) {
			return false;
		}
	}

	return true;
};

/** A list counts when it is the first one, or is said twice. */
const noteAddresses = (instance: VrrpInstance, advert: Advert): void => {
	if (isSameList(instance.addressWords, advert)) {
		instance.saidWords = instance.addressWords;
	} else if (instance.adverts === 0 || isSameList(instance.saidWords, advert)) {
		instance.addressWords = [...advert.addresses.subarray(0, advert.addressCount * 4)];
		instance.saidWords = instance.addressWords;
		instance.addresses = Array.from({length: advert.addressCount}, (_, index) => formatAddress(advert.addresses, index * 4, advert.family));
	} else {
		instance.saidWords = [...advert.addresses.subarray(0, advert.addressCount * 4)];
	}
};

const noteInterval = (instance: VrrpInstance, timeUs: number, {intervalMs}: Advert): void => {
	if (instance.lastUs === 0 || (instance.saidIntervalMs === intervalMs && timeUs - instance.lastUs >= intervalMs * 500)) {
		instance.intervalMs = intervalMs;
	}

	instance.saidIntervalMs = intervalMs;
};

/** Adverts that may have been counted without reaching us, beyond one per interval: seen 2 when a cable was pulled. */
const unheardAdverts = 5;

/** keepalived counts the identification of its adverts one by one from 1 in each process, and not faster than it advertises. */
export const isSameProcess = ({formerUs, formerIdentification, reignUs, reignIdentification, intervalMs}: VrrpInstance): boolean => {
	if (formerIdentification <= 0 || reignIdentification <= 0) {
		return false;
	}

	const step = (reignIdentification - formerIdentification) & 0xff_ff;
	return step >= 1 && step <= ((reignUs - formerUs) / (intervalMs * 1000)) + unheardAdverts;
};

/** Takes down an advert of a director, and gives what it says of that virtual router after it. */
export const noteAdvert = (director: Director, {timeUs, identification}: FrameInfo, segment: number, advert: Advert, isUnicast: boolean, limits: Limits): VrrpInstance => {
	if (director.lastAdvertUs === 0 && director.firstSyncUs === 0 && identification > 0 && identification <= thresholds.firstIdentifications) {
		director.heardFromStart = true;
	}

	const instance = instanceOf(director, segment, advert, isUnicast, limits);
	const isOver = instance.reignUs === 0 || missesAdverts(instance, timeUs, instance.priority === 0 ? thresholds.resumedIntervals : thresholds.silentIntervals);
	noteAddresses(instance, advert);
	if (advert.priority > 0 && isOver) {
		instance.formerUs = instance.lastUs;
		instance.formerIdentification = instance.identification;
		instance.formerPriority = instance.lastUs === 0 ? 0 : instance.priority;
		instance.reignUs = timeUs;
		instance.reignIdentification = identification;
		instance.adverts = 0;
	}

	noteInterval(instance, timeUs, advert);
	instance.isUnicast = isUnicast;
	instance.version = advert.version;
	instance.auth = advert.auth;
	instance.previousUs = instance.adverts === 0 ? 0 : instance.lastUs;
	instance.adverts++;
	instance.lastUs = timeUs;
	instance.identification = identification;
	instance.priority = advert.priority;
	director.lastAdvertUs = timeUs;
	director.vrid = advert.vrid;
	director.priority = advert.priority;
	director.intervalMs = instance.intervalMs;
	return instance;
};
