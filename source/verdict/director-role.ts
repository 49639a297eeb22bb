import {ago} from '../text/format.js';
import {isShownDirector, missesAdverts, sharedBit, type Director} from '../desk/facts/director.js';
import {thresholds} from '../desk/facts/thresholds.js';
import {secondUs} from '../wire/second.js';

/** No sync message for this long is worth a word; there is no heartbeat, so it is no alarm. */
export const quietUs = 30 * secondUs;

type RoleReport = {
	/** In capitals, as the screen says it. */
	readonly role: 'MASTER' | 'BACKUP' | 'LISTENS' | 'GONE' | 'SENDING' | 'QUIET' | 'SEEN';
	/** Where the role is known from, with its age. */
	readonly evidence: string;
};

const ageText = (nowUs: number, thenUs: number): string => ago((nowUs - thenUs) / secondUs);

const listeningText: Readonly<Record<Director['listeningEvidence'], string>> = {
	igmp: 'joined (IGMP)', mld: 'joined (MLD)', vrrp: 'gave way to the master', assumed: 'in the group (IGMP)', none: '',
};

/** What one director is, by what was heard from it. Nothing is said without evidence. */
export const roleOf = (director: Director, nowUs: number): RoleReport => {
	// A missing unicast advert proves nothing: a third host hears it only while a switch floods.
	const provesSilence = director.instances.every(({isUnicast}) => !isUnicast);
	const bySync = (): RoleReport => ({role: nowUs - director.lastSyncUs > quietUs ? 'QUIET' : 'SENDING', evidence: 'by its sync messages'});
	const advertAge = director.lastAdvertUs > 0 ? `advert ${ageText(nowUs, director.lastAdvertUs)} ago` : '';
	if (director.masterSinceUs > 0) {
		const isSilent = director.intervalMs > 0 && missesAdverts({lastUs: director.lastAdvertUs, intervalMs: director.intervalMs}, nowUs, thresholds.goneIntervals);
		return director.lastAdvertUs > 0 && !(isSilent && !provesSilence && director.lastSyncUs > 0)
			? {role: isSilent ? 'GONE' : 'MASTER', evidence: `VRID ${director.vrid} prio ${director.priority}  ${advertAge}`}
			: (director.lastAdvertUs > 0 ? bySync() : {role: 'SENDING', evidence: 'by its sync messages'});
	}

	if (director.listeningSinceUs > 0) {
		return {role: isShownDirector(director) ? 'BACKUP' : 'LISTENS', evidence: `${listeningText[director.listeningEvidence]} ${ageText(nowUs, director.listeningSinceUs)} ago`};
	}

	// It speaks up beside the master: for a moment, or a split brain begins.
	if (director.lastAdvertUs > 0 && director.priority > 0 && !missesAdverts({lastUs: director.lastAdvertUs, intervalMs: director.intervalMs}, nowUs, thresholds.silentIntervals)) {
		return {role: 'MASTER', evidence: `VRID ${director.vrid} prio ${director.priority}  ${advertAge}`};
	}

	if (director.lastAdvertUs > 0 && (provesSilence || director.priority === 0 || director.lastSyncUs === 0)) {
		return {role: 'GONE', evidence: director.priority === 0 ? `resigned, ${advertAge}` : advertAge};
	}

	if (director.lastSyncUs > 0) {
		return bySync();
	}

	return {role: 'SEEN', evidence: director.bit === sharedBit ? '' : `${ageText(nowUs, director.lastUs)} ago`};
};
