import {type SortKey} from '../table/read/sort-key.js';

/** What a key asks for. */
export type Action =
	| 'back' | 'quit' | 'escape' | 'help' | 'filter' | 'invert' | 'find' | 'find-next' | 'find-previous'
	| 'next-sort' | 'previous-sort' | 'reverse' | `sort-${SortKey}`
	| 'pause' | 'hold' | 'follow' | 'mark' | 'copy' | 'write' | 'to-filter'
	| 'down' | 'up' | 'left' | 'right' | 'page-down' | 'page-up' | 'half-down' | 'half-up' | 'top' | 'end'
	| `view-${number}` | 'next-view' | 'previous-view' | 'open' | 'close'
	| 'step-forward' | 'step-back' | 'forward' | 'backward' | 'go-to' | 'live' | 'more' | 'less'
	| 'columns' | 'panel' | 'aliases' | 'note' | 'redraw' | 'suspend';

/** Help is grouped by what a person wants. */
export const groups = ['MOVE', 'VIEW', 'FIND', 'SORT', 'HOLD', 'TIME', 'KEEP', 'SHOW', 'LEAVE'] as const;

type Binding = {
	readonly action: Action;
	/** Characters as they are, control ones as `^L`, others by the names of `keys.ts`. */
	readonly keys: readonly string[];
	readonly group: (typeof groups)[number];
	/** In a few words; '' where the binding before says it. */
	readonly help: string;
	/** In the line of hints, in this order of importance; 0 is most important. */
	readonly hint?: readonly [order: number, text: string];
};

/** Every key of the screen, but for those of the views: to add one is to add it here and to say what it does, in `reduceUi` or among the acts of `console.ts`. Help and hints are made from this. */
export const bindings: readonly Binding[] = [
	{action: 'help', keys: ['h', '?'], group: 'SHOW', help: 'this help; typing searches it', hint: [0, 'h help']},
	{action: 'filter', keys: ['/'], group: 'FIND', help: 'filter as you type; Enter keeps, Esc clears; Up Down history; @name=… saves, @name recalls', hint: [1, '/ filter']},
	{action: 'open', keys: ['Enter'], group: 'VIEW', help: 'look closer at the row', hint: [2, 'Enter detail']},
	{action: 'close', keys: ['Backspace'], group: 'VIEW', help: 'back one step: to the view, filter or row before'},
	{action: 'next-view', keys: ['Tab'], group: 'VIEW', help: 'next view'},
	{action: 'previous-view', keys: ['S-Tab'], group: 'VIEW', help: 'previous view'},
	{action: 'down', keys: ['j', 'Down'], group: 'MOVE', help: 'down one'},
	{action: 'up', keys: ['k', 'Up'], group: 'MOVE', help: 'up one'},
	{action: 'left', keys: ['Left'], group: 'MOVE', help: 'left in a grid, or among columns that do not fit'},
	{action: 'right', keys: ['Right'], group: 'MOVE', help: 'right in a grid, or among columns that do not fit'},
	{action: 'page-down', keys: ['^F', 'PgDn'], group: 'MOVE', help: 'page down'},
	{action: 'page-up', keys: ['^B', 'PgUp'], group: 'MOVE', help: 'page up'},
	{action: 'half-down', keys: ['^D'], group: 'MOVE', help: 'half a page down'},
	{action: 'half-up', keys: ['^U'], group: 'MOVE', help: 'half a page up'},
	{action: 'top', keys: ['g', 'Home'], group: 'MOVE', help: 'first'},
	{action: 'end', keys: ['G', 'End'], group: 'MOVE', help: 'last'},
	{action: 'invert', keys: ['i'], group: 'FIND', help: 'invert the filter'},
	{action: 'find', keys: ['\\'], group: 'FIND', help: 'find without hiding; same words as the filter'},
	{action: 'find-next', keys: ['n'], group: 'FIND', help: 'next found'},
	{action: 'find-previous', keys: ['N'], group: 'FIND', help: 'previous found'},
	{action: 'to-filter', keys: ['Y'], group: 'FIND', help: 'make the row a filter'},
	{action: 'next-sort', keys: ['>'], group: 'SORT', help: 'by the next column'},
	{action: 'previous-sort', keys: ['<'], group: 'SORT', help: 'by the previous column'},
	{action: 'reverse', keys: ['r'], group: 'SORT', help: 'reverse'},
	{action: 'sort-expires', keys: ['E'], group: 'SORT', help: 'by what remains'},
	{action: 'sort-age', keys: ['A'], group: 'SORT', help: 'by age'},
	{action: 'sort-client', keys: ['C'], group: 'SORT', help: 'by client'},
	{action: 'sort-virtual', keys: ['V'], group: 'SORT', help: 'by virtual service'},
	{action: 'sort-real', keys: ['R'], group: 'SORT', help: 'by real server'},
	{action: 'sort-state', keys: ['S'], group: 'SORT', help: 'by state'},
	{action: 'sort-protocol', keys: ['P'], group: 'SORT', help: 'by protocol'},
	{action: 'sort-updates', keys: ['U'], group: 'SORT', help: 'by announcements'},
	{action: 'pause', keys: ['p'], group: 'HOLD', help: 'pause the picture, not the capture; in a replay: pause and play', hint: [6, 'p pause']},
	{action: 'hold', keys: ['o'], group: 'HOLD', help: 'hold the order, values go on'},
	{action: 'follow', keys: ['F'], group: 'HOLD', help: 'follow this row'},
	{action: 'step-forward', keys: [']'], group: 'TIME', help: 'next event'},
	{action: 'step-back', keys: ['['], group: 'TIME', help: 'previous event'},
	{action: 'forward', keys: ['}'], group: 'TIME', help: '10 s on'},
	{action: 'backward', keys: ['{'], group: 'TIME', help: '10 s back'},
	{action: 'go-to', keys: ['b'], group: 'TIME', help: 'go to a time: 14:02:01, +90 from the start, -30 back'},
	{action: 'live', keys: ['l'], group: 'TIME', help: 'on with time: ends pause, hold and follow; in a replay: to the end'},
	{action: 'more', keys: ['+', '='], group: 'TIME', help: 'longer between frames; in a replay: faster'},
	{action: 'less', keys: ['-'], group: 'TIME', help: 'shorter between frames; in a replay: slower'},
	{action: 'mark', keys: [' '], group: 'KEEP', help: 'mark the row; the filter `marked` shows them'},
	{action: 'copy', keys: ['y'], group: 'KEEP', help: 'copy the row to the clipboard (OSC 52)'},
	{action: 'write', keys: ['w'], group: 'KEEP', help: 'write the marked, else the filtered sessions to a new file here', hint: [8, 'w write']},
	{action: 'note', keys: ['m'], group: 'KEEP', help: 'note in time, goes into the events', hint: [7, 'm note']},
	{action: 'columns', keys: ['c'], group: 'SHOW', help: 'choose columns'},
	{action: 'panel', keys: ['e'], group: 'SHOW', help: 'VIPs above the sessions on and off'},
	{action: 'aliases', keys: ['a'], group: 'SHOW', help: 'names of the configuration for addresses, on and off'},
	{action: 'redraw', keys: ['^L'], group: 'SHOW', help: 'draw anew'},
	{action: 'suspend', keys: ['^Z'], group: 'LEAVE', help: 'stop until fg'},
	{action: 'escape', keys: ['Esc'], group: 'LEAVE', help: 'close what is open, then clear the filter; never quits'},
	{action: 'back', keys: ['q'], group: 'LEAVE', help: 'close what is open; here: quit', hint: [5, 'q quit']},
	{action: 'quit', keys: ['Q', '^C'], group: 'LEAVE', help: 'quit at once'},
];

/** What the keys need to know of a view. */
type Reached = {readonly help: string; readonly hint?: Binding['hint']};

/** There are keys for so many views. */
const mostViews = 9;

/** All actions by name, for a configuration. */
export const actions: readonly string[] = [...new Set(bindings.map(({action}) => action)), ...Array.from({length: mostViews}, (_, place) => `view-${place + 1}`)];

/** The bindings with the keys of the views, 1 for the first. */
export const bindingsWith = (views: readonly Reached[]): Binding[] => {
	const keys = views.slice(0, mostViews).map(({help, hint}, place): Binding => ({action: `view-${place + 1}`, keys: [String(place + 1)], group: 'VIEW', help, ...(hint && {hint})}));
	const from = bindings.findIndex(({action}) => action === 'close') + 1;
	return [...bindings.slice(0, from), ...keys, ...bindings.slice(from)];
};

/** Ends the program whatever else is bound. */
const lastResort = '^C';

let current: readonly Binding[] = bindings;
let byKey = new Map<string, Action>();

/** Gives actions other keys, which nothing else has from then on. What is not named stays as it is. */
export const bindKeys = (chosen: ReadonlyMap<string, readonly string[]>, views: readonly Reached[] = []) => {
	const taken = new Set([...chosen.values()].flat().map(key => key === 'Space' ? ' ' : key));
	current = bindingsWith(views).map(binding => {
		const own = chosen.get(binding.action)?.map(key => key === 'Space' ? ' ' : key);
		const keys = own ? [...own, ...binding.keys.filter(key => key === lastResort)] : binding.keys.filter(key => !taken.has(key));
		const {hint, ...rest} = binding;
		// The words of a hint name the key.
		return {...rest, keys, ...(hint && keys[0] === binding.keys[0] && {hint})};
	});
	byKey = new Map(current.flatMap(({keys, action}) => keys.map(key => [key, action] as const)));
};

bindKeys(new Map());

/** What a key asks for; undefined for those that are not bound. */
export const actionOf = (key: string): Action | undefined => byKey.get(key);

const keyName = (key: string): string => key === ' ' ? 'Space' : key;

export type HelpEntry = {readonly group: string; readonly keys: string; readonly help: string};

/** The help, made from the bindings: one entry per key. */
export const keyHelp = (): readonly HelpEntry[] =>
	groups.flatMap(group => current.filter(binding => binding.group === group).map(({keys, help}) => ({group, keys: keys.map(key => keyName(key)).join(' '), help})));

/** `h help  / filter …`: as many as there is room for, the most important ones first; what a key does now. */
export const keyHints = (columns: number, isPaused = false): string => {
	const hints = current.flatMap(({hint, action, keys}) => hint ? [isPaused && action === 'pause' ? [hint[0], `${keys[0]!} play`] as const : hint] : []).toSorted(([one], [other]) => one - other).map(([, text]) => text);
	let text = '';
	for (const hint of hints) {
		if (text.length + hint.length + 2 <= columns) {
			text += `${text === '' ? '' : '  '}${hint}`;
		}
	}

	return text;
};
