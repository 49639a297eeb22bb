import {type Status} from '../../engine/status.js';
import {type PlaceTally} from '../../engine/tally.js';
import {onScreen} from '../../text/format.js';

type Place = Status['places'][number];

export type Silence = {
	readonly places: readonly Place[];
	readonly tallies: ReadonlyArray<PlaceTally | undefined>;
	/** What keeps the source from capturing frames, '' when nothing does or nobody asked for it. */
	readonly obstacle: string;
	/** Group and port that are listened for. */
	readonly target: string;
	/** Addresses of hosts that joined the sync group: backups, or other monitors. */
	readonly joined: readonly string[];
	/** Refused packets and messages so far, by name. */
	readonly faults: ReadonlyArray<{readonly name: string; readonly count: number}>;
};

const pad = (text: string, width: number) => text.length > width ? `${text.slice(0, width - 1)}~` : text.padEnd(width);

/** What this place alone tells, in a few words. */
const verdictOf = (place: Place, tally: PlaceTally | undefined): string => {
	if (place.state !== 'up') {
		return onScreen(place.detail) || place.state;
	}

	if ((tally?.sync ?? 0) > 0) {
		return 'sync messages, none usable yet';
	}

	if ((tally?.vrrp ?? 0) > 0) {
		return 'VRRP only: sync off or idle';
	}

	if (place.kind === 'joined') {
		return 'joined, silent';
	}

	return (tally?.frames ?? 0) > 0 ? 'other traffic only' : 'silent';
};

const placeLine = (place: Place, tally: PlaceTally | undefined, obstacle: string): string => {
	const unseen = obstacle === '' ? 'not heard' : (obstacle === 'no root' ? 'needs root' : 'no libpcap');
	const count = (sees: boolean, value: number) => sees ? String(value) : (place.state === 'up' ? unseen : '-');
	const vrrp = count(place.sight.vrrp, (tally?.vrrp ?? 0) + (tally?.claims ?? 0));
	return `  ${pad(onScreen(place.name), 9)} ${pad(place.address || '-', 18)} ${String(tally?.sync ?? 0).padStart(4)}  ${vrrp.padStart(10)}    ${verdictOf(place, tally)}`;
};

/** The advice that is true for what was heard, most likely cause first. */
const adviceOf = ({places, tallies, target, joined: listeners, faults, obstacle}: Silence): string[] => {
	const heard = tallies.filter(tally => tally !== undefined);
	const tagged = heard.find(tally => tally.vlan >= 0);
	if (heard.some(tally => tally.vrrp > 0)) {
		return [
			'The load balancers are here: their VRRP adverts arrive, sync does not.',
			...(tagged ? [`  The adverts are tagged with VLAN ${tagged.vlan}.`] : []),
			'1 Is sync on? keepalived.conf: lvs_sync_daemon eth1 VI_1 id 51',
			'  Check on a director: ipvsadm -L --daemon   (names interface, group, port)',
			'2 Its interface is where to listen; another group or port: --group, --port',
			'3 Idle? A connection is announced at its 3rd client packet, +0-3 s.',
		];
	}

	if (heard.some(tally => tally.sync > 0) || faults.length > 0) {
		return [
			'Packets arrive, but none that a backup director would take:',
			...faults.slice(0, 4).map(({name, count}) => `  ${String(count).padStart(8)}  ${name}`),
			`1 Is it IPVS sync? Listening for ${target}; others: --group, --port`,
			'2 Look at them: ipvstop --records   (refused ones are shown with the reason)',
		];
	}

	if (listeners.length > 0) {
		return [
			`${listeners.slice(0, 2).map(address => onScreen(address)).join(', ')} joined the sync group: a backup, or another monitor.`,
			'So this is a segment where sync is expected, and none has come yet:',
			'1 Is it on at the master? keepalived.conf: lvs_sync_daemon eth1 VI_1 id 51',
			'  Check there: ipvsadm -L --daemon   (names interface, group, port)',
			'2 Idle? A connection is announced at its 3rd client packet, +0-3 s.',
			'3 A switch may pass it to that host alone: a static entry, a mirror port, or',
			`  listen through it: ipvstop --via ${onScreen(listeners[0]!)}:eth1`,
		];
	}

	const joined = places.some(place => place.kind === 'joined');
	const past = obstacle === '' || obstacle === 'no root'
		? 'sudo ipvstop sees past both (and VRRP, ARP).'
		: 'libpcap sees past both (and VRRP, ARP).';
	return [
		'1 Is this host on the segment of the load balancers? Sync has TTL 1: no router',
		'  passes it. If not, listen through ANY host that is, a real server say:',
		'    ipvstop --via rs1:eth0          (ssh + tcpdump there: sudo -n or setcap)',
		'2 Is sync on? keepalived.conf: lvs_sync_daemon eth1 VI_1 id 51',
		'  its interface is where to listen; other group or port: --group, --port',
		'3 Make traffic: a connection is announced at its 3rd client packet, +0-3 s.',
		joined
			? `4 Firewall or rp_filter here: ${past}`
			: '4 A switch may prune: IGMP/MLD snooping hides groups that nobody joined.',
		'5 IPv6 or 239.x group behind IGMP/MLD snooping: needs --group to be joined.',
		...(obstacle === '' || obstacle === 'no root' ? [] : [`6 ${onScreen(obstacle)}. Debian: apt install`, '  libpcap-dev, then install ipvstop again (in a checkout: npm run build:pcap).']),
	];
};

/** The screen of a monitor that has heard no usable sync message yet. */
export const nothingHeard = (silence: Silence): string[] => [
	'NOTHING HEARD YET.  Sync has no heartbeat: idle load balancers are silent too.',
	'',
	'  IFACE     ADDRESS            SYNC    VRRP/ARP    VERDICT',
	...silence.places.slice(0, 8).map((place, index) => placeLine(place, silence.tallies[index], silence.obstacle)),
	...(silence.places.length > 8 ? [`  and ${silence.places.length - 8} more`] : []),
	'',
	...adviceOf(silence),
	'',
	'Still listening; the table opens by itself.   ipvstop --demo shows how it looks',
];
