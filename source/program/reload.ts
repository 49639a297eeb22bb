import {type Options} from '../options/options.js';
import {type RunningTriggers} from './run-triggers.js';

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What a running program cannot take over: it is set up with these. */
const fixedParts = (before: Options, after: Options): string[] => [
	...[...new Set([...before.settings.keys(), ...after.settings.keys()])]
		.filter(name => !isSame(before.settings.get(name), after.settings.get(name))),
	...(before.filter !== '' && !isSame([...before.aliases], [...after.aliases]) ? ['aliases in the filter of the output'] : []),
	// Without a table there is nothing that could set off a trigger.
	...(before.mode === 'records' && before.triggers.length === 0 && after.triggers.length > 0 ? ['triggers'] : []),
];

type Reload = {
	/** What is in effect. */
	readonly options: Options;
	/** In a line for people. */
	readonly said: string;
};

/**
Takes over what a running program can: triggers, aliases, saved filters, pairs. The table stays. Throws a `UsageError` when the
new configuration cannot be used; then all is as it was.
*/
export const reload = async (before: Options, read: () => Promise<Options>, triggers: RunningTriggers): Promise<Reload> => {
	const after = await read();
	triggers.use(after);
	const fixed = fixedParts(before, after);
	return {
		// What is fixed is as it was, and is named again the next time.
		options: {...after, settings: before.settings},
		said: `${after.configFile || 'no configuration file'}: ${after.triggers.length} triggers, ${after.aliases.size} aliases${fixed.length > 0 ? `; ${fixed.join(', ')}: from the next start on` : ''}`,
	};
};
