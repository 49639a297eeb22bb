import {type Judged} from '../../../sample/sample.js';
import {type Connection} from '../../../table/connection.js';
import {type Tone} from '../../../text/line.js';
import {secondUs} from '../../../wire/second.js';

/** What is remarkable about a row, most important first. A row that is fine has no sign, and a sign means the same on all screens. */
export type RowSign = 'gone' | 'template' | 'reset' | 'anew' | 'unsure' | 'fresh' | 'risk' | 'none';

/** Whom the words of the signs speak of. */
type SignNames = {
	/** The new master of the last takeover, and whether it rebooted before. */
	readonly to: string;
	readonly hasRebooted: boolean;
	/** The master that might die. */
	readonly master: string;
	/** Of whom it cannot be told what it knows. */
	readonly unsure: string;
};

type Sign = {
	readonly character: string;
	readonly tone: Tone;
	/** For the help. */
	readonly help: string;
	/** For the legend of what is on the screen, whole and in short. */
	legend(names: SignNames): readonly [whole: string, short: string];
};

/** Each sign as a character and a tone, and in plain words. */
export const signs: Readonly<Record<Exclude<RowSign, 'none'>, Sign>> = {
	reset: {character: '!', tone: 'alarm', help: 'the master that serves now was never told of it, or lost it in a reboot: the client is reset at its next packet, unless it has gone already', legend: ({to, hasRebooted}) => hasRebooted
		? [`! ${to} lost it in its reboot: reset at its next packet`, `! ${to} lost it: reset at next packet`]
		: [`! ${to} was not told of it: reset at its next packet`, `! ${to} was not told: reset`]},
	unsure: {character: '?', tone: 'unsure', help: 'whether the master that serves now, or the one that would follow, knows it cannot be told', legend: ({unsure}) => [`? cannot tell whether ${unsure} knows it`, '? cannot tell']},
	risk: {character: '%', tone: 'warning', help: 'risk: the backup was not told of it, or it runs out before that is due: lost if the master died now', legend: ({master}) => [`% lost if ${master} died now`, `% lost if ${master} died`]},
	anew: {character: 's', tone: 'warning', help: 'a UDP flow that the master that serves now was never told of: it is scheduled anew, maybe to another real server', legend: () => ['s UDP, scheduled anew', 's UDP anew']},
	fresh: {character: '+', tone: 'fresh', help: 'first announced, or changed, within the last 2 s', legend: () => ['+ new or changed', '+ new']},
	template: {character: 't', tone: 'dim', help: 'persistence template: no connection, it ties a client to a real server', legend: () => ['t template', 't template']},
	gone: {character: 'o', tone: 'dim', help: 'has left the table; shown because the order is held', legend: () => ['o gone', 'o gone']},
};

const udp = 17;

type SignContext = {
	readonly nowUs: number;
	readonly changed: ReadonlySet<number>;
	readonly judged: Judged | undefined;
	/** The desk cannot tell what the master knows, or the one that would follow. */
	readonly unsure: {readonly now: boolean; readonly next: boolean};
};

export const signOf = (connection: Connection, {nowUs, changed, judged, unsure}: SignContext): RowSign => {
	if (connection.template) {
		return 'template';
	}

	if (judged?.mark === 'unknown' || judged?.fate === 'reset') {
		return unsure.now ? 'unsure' : (connection.protocol === udp ? 'anew' : 'reset');
	}

	if (nowUs - connection.firstUs < 2 * secondUs || changed.has(connection.slot)) {
		return 'fresh';
	}

	return connection.open && judged?.fate === 'risk' ? (unsure.next ? 'unsure' : 'risk') : 'none';
};

export const characterOf = (sign: RowSign): string => sign === 'none' ? ' ' : signs[sign].character;
export const toneOfSign = (sign: RowSign): Tone => sign === 'none' ? 'plain' : signs[sign].tone;

export const signHelp = (): ReadonlyArray<{readonly keys: string; readonly help: string}> => [
	{keys: '>', help: 'the row under the cursor; among the VIPs: the one it belongs to'},
	{keys: '*', help: 'a director that is master; two stars are two masters'},
	...Object.values(signs).map(({character, help}) => ({keys: character, help})),
	{keys: '#', help: 'marked by you'},
	{keys: 'z', help: 'idle: a real server without a new session while its peers had some'},
	{keys: '~', help: 'cut here for lack of room; y copies it whole'},
];
