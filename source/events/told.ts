import {type AnyValues, type ToldKind, type ValuesOfKind} from './describe.js';

/*
How what is no change of a session travels from the capture thread to the others, in its place among the changes: as JSON
with its name under `event`, which is also what a line of `--events --json` has of it.
*/

/** What was told, of any kind, by the names of its fields. */
export type AnyTold = AnyValues & {readonly event: string};
export type Told<Kind extends ToldKind> = ValuesOfKind<Kind> & {readonly event: Kind['name']};

/** Tells something. Times are microseconds of the timeline. */
export type Note = <Kind extends ToldKind>(timeUs: number, kind: Kind, values: ValuesOfKind<Kind>) => void;

export const toldOf = <Kind extends ToldKind>({name}: Kind, values: ValuesOfKind<Kind>): AnyTold => ({event: name, ...values});

export const writeTold = <Kind extends ToldKind>(kind: Kind, values: ValuesOfKind<Kind>): string => JSON.stringify(toldOf(kind, values));

/** Reads what `writeTold` wrote: both ends are this program, so it holds what its kind says. */
export const readTold = (json: string): AnyTold => JSON.parse(json) as AnyTold;

/** Whether this is one of that kind; then its fields have their types. */
export const isKind = <Kind extends ToldKind>(told: AnyValues, kind: Kind): told is Told<Kind> => told['event'] === kind.name;

/*
Names of segments and directors by their numbers, ahead of the first change that needs them. They are no events: no line,
no view and no filter has them.
*/
const nameKind = <Values extends AnyValues>(word: string): ToldKind<string, Values> => ({name: `@${word}`});
export const nameKinds = {
	segment: nameKind<{readonly index: number; readonly name: string}>('segment'),
	director: nameKind<{readonly index: number; readonly address: string; readonly segment: number; readonly place: number}>('director'),
	/** The bit of a director in the masks of entries. */
	bit: nameKind<{readonly index: number; readonly address: string; readonly bit: number; readonly segment: number; readonly place: number}>('bit'),
	/** A director is one whose word is believed. */
	known: nameKind<{readonly index: number; readonly address: string}>('known'),
} as const;

export const isName = (told: AnyTold): boolean => told.event.startsWith('@');

/** What was told, and when. */
export type LoggedEvent = {readonly timeUs: number; readonly event: string; readonly fields: AnyTold};

export const loggedEvent = <Kind extends ToldKind>(timeUs: number, kind: Kind, values: ValuesOfKind<Kind>): LoggedEvent => ({timeUs, event: kind.name, fields: toldOf(kind, values)});
