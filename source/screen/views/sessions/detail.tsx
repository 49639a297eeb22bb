import {Box} from 'ink';
import {directorLetter, directorName} from '../../../sample/screen-names.js';
import {type Sample} from '../../../sample/sample.js';
import {ownersOfBit, sharedBit} from '../../../desk/facts/director.js';
import {type PastChange} from '../../../table/read/change-scan.js';
import {type SessionChangeKind} from '../../../table/changes.js';
import {type Connection} from '../../../table/connection.js';
import {formatEndpoint} from '../../../wire/address.js';
import {changeWords} from '../../parts/event-text.js';
import {clientText, flagsText, forwardText, protocolText, realText, stateText, virtualText} from '../../../text/connection-text.js';
import {cannotTell, forecastOf, lastTakeover, mainPair} from '../../../sample/standing.js';
import {ago, clockTime, countdown, octetText, preciseTime} from '../../../text/format.js';
import {fit, fitting, line, type Line, withTones, wrapText} from '../../../text/line.js';
import {oncePerFrame, type Frame, type Page} from '../../frame.js';
import {Hints} from '../../parts/foot.js';
import {Lines} from '../../theme.js';
import {secondUs} from '../../../wire/second.js';

const labelWidth = 10;
const udp = 17;

/** A label, then text that goes on below itself. */
const labelled = (label: string, text: string, columns: number): Line[] =>
	wrapText(text, columns - labelWidth).map((part, index) => withTones(`${(index === 0 ? label : '').padEnd(labelWidth)}${part}`, 'plain', index === 0 && label !== '' ? [[label, 'heading']] : []));

const who = (index: number, {status}: Sample): string => {
	const director = status?.directors.find(one => one.index === index);
	return director ? `${directorLetter(status, index)} ${director.address}` : '?';
};

/** Of a mask of an entry that this owner announced last. */
const whoOfMask = (mask: number, owner: number, {status}: Sample): string[] => {
	const directors = status?.directors ?? [];
	return directors.filter(one => one.bit !== sharedBit && ((mask >>> one.bit) & 1) === 1 && ownersOfBit(one, directors)(directors[owner])).map(({index}) => directorLetter(status, index));
};

/** Earlier states with how long each lasted, latest first. */
const earlier = (history: readonly PastChange[]): string => {
	const changes = history.filter(({type}) => type === 'new' || type === 'state');
	return changes.slice(0, -1).map((change, index) => `${stateText(change.connection)} ${ago((changes[index + 1]!.timeUs - change.timeUs) / secondUs)}`).toReversed().slice(0, 4).join(', ');
};

/** When it will go, and by which timer. */
const expiryText = (connection: Connection, isHeld: boolean, {nowUs}: Sample): string => {
	const {timeoutSeconds, lastUs, expiresUs} = connection;
	return isHeld
		? `in ${countdown((expiresUs - nowUs) / secondUs)}: ${countdown(timeoutSeconds)} were granted ${ago((nowUs - lastUs) / secondUs)} ago; another announcement restarts the timer. A backup counts down the same.`
		: `it ran out ${ago(Math.max(0, nowUs - expiresUs) / secondUs)} ago or was ended before`;
};

const endWords: Readonly<Partial<Record<SessionChangeKind, string>>> = {
	expired: 'EXPIRED: its timer ran out after it was closed, or it was idle; a normal end.',
	ranout: 'RAN OUT WHILE OPEN: announced for a minute and more, then no longer. It may live on at the master, or be long dead: ordinary idling does that too.',
	evicted: 'EVICTED here: the table was full. It may well be alive.',
};

type Story = {readonly label: string; readonly text: string};

/** What the master that serves now makes of it, and what the next one would, each with its evidence: two moments, each by its name. */
const fatesOf = (connection: Connection, {sample, named, localTime}: Frame): readonly Story[] => {
	const {status, nowUs, session} = sample;
	const pair = mainPair(sample);
	const takeover = pair && lastTakeover(pair, nowUs);
	const forecast = pair && forecastOf(pair);
	const name = (index: number) => directorName(status, index, named);
	const isUdp = connection.protocol === udp;
	const unsure = cannotTell(sample);
	const cost = isUdp ? 'it is scheduled anew, maybe to another real server' : 'the client is reset at its next packet';
	const isSplit = pair?.splitBrain?.endUs === 0;
	const now = (): string => {
		if (isSplit) {
			return 'TWO MASTERS: which of them has the client cannot be told before one is left.';
		}

		if (!takeover || !session?.judged?.mark) {
			return pair && pair.master >= 0 ? `${name(pair.master)} serves it, as far as its announcements tell.` : 'Who serves it is not known.';
		}

		const to = `${name(takeover.to)}, master since ${clockTime(takeover.atUs + (status?.wallOffsetUs ?? 0), localTime)},`;
		switch (session.judged.mark) {
			case 'confirmed': {
				return `KEPT: ${to} has announced it since.`;
			}

			case 'new': {
				return `${to} announced it itself: it began after the takeover.`;
			}

			case 'unheard': {
				return `KEPT, most likely: ${to} was sent it, and has not announced it yet; silence is normal for up to 50 client packets.`;
			}

			case 'unknown': {
				return unsure.now
					? `CANNOT TELL whether ${to} knows it (${takeover.ownEvidence || 'nothing that was heard tells'}).`
					: `${isUdp ? 'ANEW' : 'RESET'}: ${to} ${connection.director === takeover.to ? `announced it before it was away, and ${takeover.ownKept === 'no' ? 'rebooted: it came back' : 'came back'} without it` : 'was never told of it'}. Unless it has ended already, ${cost}.`;
			}
		}
	};

	const next = (): string => {
		if (!forecast) {
			return isSplit ? 'cannot be told while there are two masters.' : `lost, no backup is known to listen: ${cost}.`;
		}

		const b = name(forecast.director);
		const bit = status?.directors.find(({index}) => index === forecast.director)?.bit ?? sharedBit;
		const wasSent = bit !== sharedBit && ((connection.sentMask >>> bit) & 1) === 1;
		if (session?.judged?.fate === 'kept' || wasSent) {
			return `kept, most likely: ${b} was sent it, or announced it itself. Whether that was received cannot be seen.`;
		}

		if (session?.judged?.fate === 'risk' || session?.judged?.fate === 'reset') {
			return unsure.next
				? `cannot tell: ${b} was not seen to be sent it, but may hold it (${forecast.ownEvidence || 'nothing that was heard tells'}).`
				: `lost: it was not announced since ${b} began to listen (${ago((nowUs - forecast.listeningSinceUs) / secondUs)} ago), or runs out before that is due: ${cost}.`;
		}

		return 'cannot be told.';
	};

	return [{label: 'now', text: now()}, ...(session?.judged?.mark === 'unknown' && !unsure.now && connection.director !== pair?.master && !forecast ? [] : [{label: 'next', text: `if ${pair && pair.master >= 0 ? name(pair.master) : 'the master'} died now: ${next()}`}])];
};

const whyText = (connection: Connection, isHeld: boolean): string => {
	if (connection.template) {
		return 'It is a persistence template: no connection, it ties a client to a real server while its timer runs.';
	}

	return isHeld
		? 'A director announced it, and its timer has not run out. What was closed or reset without an announcement stays until then.'
		: 'It has left the table; what follows is what was known last.';
};

/** The announcement of a change, as a line of the history. */
const historyLine = (change: PastChange, begunUs: number, sample: Sample, localTime: boolean): string => {
	const {connection, type, timeUs} = change;
	const was = changeWords(change);
	const time = preciseTime(timeUs + (sample.status?.wallOffsetUs ?? 0), 3, localTime);
	const what = type === 'new' ? 'first announced' : (type === 'state' ? (was === '' ? 'state changed' : was) : (type === 'moved' ? `to another real server, ${was}` : type));
	const passed = Math.max(0, (timeUs - begunUs) / secondUs);
	return `${time} ${`+${passed < 60 ? `${passed.toFixed(1)}s` : ago(passed)}`.padStart(8)}  ${(connection.template ? 'TPL' : stateText(connection)).padEnd(11)} ${`${connection.timeoutSeconds}s`.padStart(5)}  ${directorLetter(sample.status, connection.director)}  ${what}`;
};

const factsOf = (frame: Frame): {readonly facts: readonly Line[]; readonly history: readonly string[]} => {
	const {sample, columns, localTime, named} = frame;
	const {session, nowUs, status} = sample;
	if (!session) {
		return {facts: [line('looking it up', 'dim')], history: []};
	}

	const {connection, departed, isHeld, history, isComplete, template} = session;
	const end = departed && (endWords[departed.type] ?? departed.type);
	const past = earlier(history);
	const at = (timeUs: number) => `${preciseTime(timeUs + (status?.wallOffsetUs ?? 0), 3, localTime)}${localTime ? '' : 'Z'}`;
	const announced = whoOfMask(connection.directorsMask, connection.director, sample).filter(letter => letter !== directorLetter(sample.status, connection.director));
	const listening = status && status.sinceUs > 0 ? `We have listened since ${clockTime(status.sinceUs + status.wallOffsetUs, localTime)}; what was announced before is not known here.` : '';
	const lost = status?.directors.find(({index}) => index === connection.director)?.lostMessages ?? 0;
	const names = [['client', clientText(connection)], ['virtual', virtualText(connection)], ['real', realText(connection)]].flatMap(([field, text]) => named(text!) === text ? [] : [`${field} ${named(text!)}`]);
	const facts = [
		...labelled('state', `${connection.template ? `template (${stateText(connection)})` : stateText(connection)}${past === '' ? '' : `   before: ${past}`}   forward ${forwardText(connection)}${connection.fwmark === 0 ? '' : `   fwmark 0x${connection.fwmark.toString(16)}`}`, columns),
		...(names.length === 0 ? [] : labelled('names', names.join(' '.repeat(3)), columns)),
		...labelled('expires', end ? `${end} At ${at(departed.timeUs)}.` : expiryText(connection, isHeld, sample), columns),
		...labelled('seen by', `${who(connection.director, sample)}${announced.length > 0 ? `, earlier ${announced.join(' ')}` : ''}   id ${connection.syncid}   ${connection.updates} announcement${connection.updates === 1 ? '' : 's'}${connection.rhythmSeconds > 0 ? `, every ${ago(connection.rhythmSeconds)}` : ''}   first announced ${at(connection.firstUs)}   last announced ${at(connection.lastUs)}`, columns),
		...(isHeld && !connection.template ? fatesOf(connection, frame).flatMap(({label, text}) => labelled(label, text, columns)) : []),
		...labelled('shown', whyText(connection, isHeld), columns),
		...labelled('flags', flagsText(connection).join(' ') || 'none', columns),
		...(connection.pe ? labelled('pe', `${octetText(connection.pe.name)} ${octetText(connection.pe.data)}`, columns) : []),
		...(connection.lastDaddr ? labelled('note', `a later announcement named ${formatEndpoint(connection.lastDaddr, 0, connection.family, connection.lastDport ?? 0)} as real server; a backup that holds the session ignores that`, columns) : []),
		...(template ? labelled('control', `template of ${clientText(template)} to ${realText(template)}, ${countdown((template.expiresUs - nowUs) / secondUs)} left`, columns) : []),
		...labelled('not seen', `A handshake, half-open connections, resets by the server and what is deleted by hand are never announced. ${listening}${lost > 0 ? ` ${lost} sync messages of that director were lost on the way: changes may be missing.` : ''}`, columns),
	];
	const oldest = history[0];
	return {
		facts,
		history: [
			...(isComplete ? [] : ['older changes are not kept']),
			...history.map(change => historyLine(change, oldest!.timeUs, sample, localTime)),
			...(departed && history.at(-1)?.type !== departed.type ? [`${at(departed.timeUs)}            ${departed.type}`] : []),
		],
	};
};

/** What is told of it, and how much of its past fits below that. */
const storyOf = oncePerFrame(frame => {
	const {sample, columns, rows} = frame;
	const connection = sample.session?.connection;
	const title = wrapText(connection ? `SESSION ${protocolText(connection)} ${clientText(connection)} > ${virtualText(connection)} > ${realText(connection)}` : 'SESSION', columns);
	const {facts, history} = factsOf(frame);
	// The past has a third of the screen at least.
	const room = Math.max(1, rows - 2 - title.length);
	const factRoom = Math.min(facts.length, Math.max(room - history.length, Math.floor(room * 0.66)));
	return {title, facts: facts.slice(0, factRoom), history, visible: Math.max(1, room - factRoom)};
});

const detailHints = ['q Esc back   j k scroll   y copy   Y as filter   b go to time   [ ] older newer', 'q Esc back   j k scroll   y copy   Y as filter   b go to time   [ ] older newer', 'q Esc back  j k scroll  y copy  Y as filter  b to time'];

/** One session in plain words: why it is shown, when it will go, what cannot be known; and its past, which scrolls. */
export const sessionPage: Page = {
	extent(frame) {
		const {history, visible} = storyOf(frame);
		return {total: Math.max(1, history.length - visible + 1), visible, across: 1};
	},
	needs: ({ui: {detail}}) => ({session: detail?.kind === 'session' ? {...detail.key, connection: detail.connection} : undefined}),
	Picture({frame}) {
		const {columns, rows, ui: {detail, message}} = frame;
		const {title, facts, history, visible} = storyOf(frame);
		const first = Math.max(0, Math.min(detail?.offset ?? 0, history.length - visible));
		const more = history.length > visible ? ` ${first + 1}-${Math.min(history.length, first + visible)} of ${history.length}, j k scroll` : '';
		return (
			<>
				<Box flexDirection='column' height={rows - 1}>
					<Lines lines={[
						...title.map(text => line(text, 'title')),
						...facts,
						line(fit(`${'-'.repeat(labelWidth - 2)}  changes that were announced${more}`, columns), 'dim'),
						...history.slice(first, first + visible).map((text, index) => line(fit(`${(index === 0 ? 'history' : '').padEnd(labelWidth)}${text}`, columns))),
					]}/>
				</Box>
				<Hints frame={frame} hints={message || fitting(detailHints, columns)}/>
			</>
		);
	},
};
