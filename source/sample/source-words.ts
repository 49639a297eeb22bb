import {onScreen} from '../text/format.js';
import {secondUs} from '../wire/second.js';
import {hasLettersBySource} from './screen-names.js';
import {type Sample} from './sample.js';

/** What lies behind this much is history: the first lines speak of the present again. */
export const takeoverInterestUs = 15 * 60 * secondUs;

/** Kinds of packets that are heard, in the words of the header. */
export const sight = ({status}: Sample): string => {
	const up = status?.places.filter(place => place.state !== 'opening' && place.state !== 'failed') ?? [];
	const sees = [['sync', 'sync'], ['vrrp', 'vrrp'], ['arp', 'arp'], ['groupReports', 'igmp']] as const;
	return sees.filter(([key]) => up.some(place => place.sight[key])).map(([, word]) => word).join('+');
};

const obstaclePattern = / \(sync only: (?<why>.+)\)$/v;

/** What is listened to. */
export const sourceText = ({status}: Sample): string => (status?.description ?? '').replace(obstaclePattern, '').replace(/^(?:file|log) /v, '');

/** Why frames are not captured where they should be: `no root`, or what is wrong with libpcap; '' when nothing is. */
export const obstacleText = ({status}: Pick<Sample, 'status'>): string => obstaclePattern.exec(status?.description ?? '')?.groups?.['why'] ?? '';

export const isFile = ({status}: Sample): boolean => status?.places.some(({kind}) => kind === 'file') ?? false;

/** What the picture is of, in one word. */
export const modeWord = (sample: Sample): string => {
	if (sample.status?.past) {
		return sample.status.replay || !sample.status.past.isLive ? 'LOG REPLAY' : 'LOG';
	}

	const kinds = sample.status?.places.map(place => place.kind) ?? [];
	if (kinds.includes('demo')) {
		return 'DEMO';
	}

	return isFile(sample) ? 'REPLAY' : (kinds.includes('stdin') ? 'STREAM' : 'LIVE');
};

/** What waits that is larger than what is under way anyway. */
const leastWaiting = 4 * 1024 * 1024;

/** What keeps viewers elsewhere from seeing the present; nothing while they do. */
const publishingWords = ({status}: Sample): string[] => {
	if (!status?.publishing) {
		return [];
	}

	const {state, waiting, lost} = status.publishing;
	return [
		...(state === 'away' || state === 'refused' ? [`NATS ${state.toUpperCase()}`] : []),
		...(waiting > leastWaiting ? [`NATS ${Math.round(waiting / (1024 * 1024))}M BEHIND`] : []),
		...(lost > 0 ? [`NATS LOST ${lost} SEGMENTS`] : []),
	];
};

/** What a recording lacks; nothing while it is whole. */
const recordingWords = ({status}: Sample): string[] => {
	const log = status?.log;
	const recording = status?.recording;
	return [
		...(log && log.state !== 'up' ? [`LOG ${log.state.toUpperCase()}`] : []),
		...(log && log.lost > 0 ? [`LOG LOST ${log.lost}`] : []),
		...(recording && recording.state !== 'up' ? [`REC ${recording.state.toUpperCase()}`] : []),
		...(recording && recording.lost > 0 ? [`REC LOST ${recording.lost}`] : []),
	];
};

/** How much of a file was read, while that is waited for. */
const progressText = ({progress, ended}: Sample): string => progress === undefined || ended ? '' : ` ${Math.floor(progress * 100)}%`;

/** What keeps the picture from being the running present, in words that stand out. */
export const stateWords = (sample: Sample): string => [
	...(sample.isSeeking ? [`SEEKING${progressText(sample)}`] : []),
	...(sample.ended ? ['END'] : (sample.isPaused ? ['PAUSED'] : [])),
	...(sample.isHeld ? ['ORDER HELD'] : []),
	...recordingWords(sample),
	...publishingWords(sample),
].join(' ');

/** Several sites are looked at together, so that each thing says whose it is. */
export const hasSites = (status: Sample['status']): boolean => status !== undefined && ((status.past?.isMerged ?? false) || hasLettersBySource(status.directors));

/** The segment by name where there are several sites, else ''. */
export const siteOf = (status: Sample['status'], segment: number): string => hasSites(status) ? onScreen(status?.segments[segment] ?? '?') : '';

/** How fast a capture file passes, when it is not as it was. */
export const speedText = (sample: Sample): string => {
	const speed = sample.status?.replay?.speed ?? 1;
	return speed === 1 ? '' : (speed === Infinity ? ` max${sample.isSeeking ? '' : progressText(sample)}` : ` x${speed}`);
};
