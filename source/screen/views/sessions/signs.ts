import {type Judged} from '../../../sample/sample.js';
import {type Connection} from '../../../table/connection.js';
import {type Tone} from '../../../text/line.js';

/** What is remarkable about a row, most important first. */
export type RowSign = 'risk' | 'unheard' | 'dying' | 'fresh' | 'changed' | 'confirmed' | 'template' | 'gone' | 'none';

/** Each sign as a character and a tone, and in plain words. */
export const signTone: Readonly<Record<RowSign, {readonly character: string; readonly tone: Tone; readonly help: string}>> = {
	risk: {character: '!', tone: 'alarm', help: 'risk: open, but the backup (after a takeover: the new master) was never told of it'},
	unheard: {character: '?', tone: 'plain', help: 'only the former master\'s word: the new one has not announced it yet, which is normal for minutes'},
	dying: {character: '-', tone: 'warning', help: 'its timer ends within 10 s'},
	fresh: {character: '+', tone: 'fresh', help: 'new: first announced within the last 2 s'},
	changed: {character: '*', tone: 'fresh', help: 'changed state or real server within the last 2 s'},
	confirmed: {character: '*', tone: 'good', help: 'announced by the new master since the takeover'},
	template: {character: 't', tone: 'dim', help: 'persistence template: no connection, it ties a client to a real server'},
	gone: {character: 'x', tone: 'dim', help: 'has left the table; shown because the order is held'},
	none: {character: ' ', tone: 'plain', help: ''},
};

const us = 1_000_000;

export type SignContext = {
	readonly nowUs: number;
	readonly changed: ReadonlySet<number>;
	readonly judged: Judged | undefined;
	/** There was a takeover that is still of interest: then the signs are about it. */
	readonly isAfterTakeover: boolean;
};

export const signOf = (connection: Connection, {nowUs, changed, judged, isAfterTakeover}: SignContext): RowSign => {
	if (connection.template) {
		return 'template';
	}

	if (connection.expiresUs - nowUs < 10 * us) {
		return 'dying';
	}

	if (nowUs - connection.firstUs < 2 * us) {
		return 'fresh';
	}

	if (isAfterTakeover) {
		switch (judged?.mark) {
			case 'unknown': {
				return 'risk';
			}

			case 'unheard': {
				return 'unheard';
			}

			case 'confirmed': {
				return 'confirmed';
			}

			default: {
				break;
			}
		}
	} else if (connection.open && judged?.fate === 'risk') {
		return 'risk';
	}

	return changed.has(connection.slot) ? 'changed' : 'none';
};

export const signHelp = (): ReadonlyArray<{readonly keys: string; readonly help: string}> => [
	{keys: '>', help: 'the row under the cursor; among the VIPs: the one it belongs to'},
	...Object.values(signTone).filter(({character}) => character !== ' ').map(({character, help}) => ({keys: character, help})),
	{keys: '#', help: 'marked by you'},
	{keys: '~', help: 'cut here for lack of room; y copies it whole'},
];
