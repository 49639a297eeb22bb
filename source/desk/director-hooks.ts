import {type Note} from '../events/told.js';
import {type Tell} from './desk-events.js';
import {type Director} from './facts/director.js';

/** What the registry of directors needs done, to the table and to whoever is told. */
export type DirectorHooks = {
	/** It began to listen: what was announced before was not sent to it. Gives how many open sessions had been sent to it earlier. */
	clearSent(director: Director): number;
	/** It got a bit of its own: what was announced in its segment since we listen may have been sent to it. */
	assumeSent(director: Director): void;
	/** Sync messages of it were lost on the way here, or never left it. */
	lost(director: Director, timeUs: number, lost: number): void;
	/** For names, which whoever reads the changes needs ahead of them. */
	readonly note: Note;
	readonly tell: Tell;
};
