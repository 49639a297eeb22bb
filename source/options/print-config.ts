import {formatRate} from '../output/token-bucket.js';
import {actionNames, isCommand} from '../output/triggers/actions.js';
import {type Trigger} from '../output/triggers/trigger.js';
import {complaint} from '../text/format.js';
import {type Options} from './options.js';

const triggerTable = ({name, on, actions, rate, timeoutMs}: Trigger): Record<string, unknown> => {
	const written = actionNames.map(kind => [kind, actions.filter(action => action.kind === kind).flatMap(({words}) => words)] as const);
	return {
		name, on,
		...Object.fromEntries(written.filter(([, words]) => words.length > 0)),
		rate: formatRate(rate),
		timeout: timeoutMs / 1000,
	};
};

/** One table for each command, as a table of the file has one. */
const singleCommands = (trigger: Trigger): Trigger[] => {
	const [first, ...more] = trigger.actions.filter(action => isCommand(action));
	const others = trigger.actions.filter(action => !isCommand(action));
	return [
		{...trigger, actions: [...(first ? [first] : []), ...others]},
		...more.map((action, index) => ({...trigger, name: `${trigger.name} ${index + 2}`, actions: [action]})),
	];
};

/** What is in effect, as a file that says the same. What it does not mention is as the help says. */
export const effectiveConfig = async ({settings, aliases, pairs, filters, columns, keys, triggers, configFile}: Options): Promise<string> => {
	const {stringify} = await import('smol-toml');
	const table = {
		...Object.fromEntries(settings),
		...(columns && {columns}),
		...(aliases.size > 0 && {aliases: Object.fromEntries(aliases)}),
		...(filters.size > 0 && {filters: Object.fromEntries(filters)}),
		...(keys.size > 0 && {keys: Object.fromEntries(keys)}),
		...(pairs.length > 0 && {pairs}),
		...(triggers.length > 0 && {triggers: triggers.flatMap(trigger => singleCommands(trigger)).map(trigger => triggerTable(trigger))}),
	};
	return `# ${configFile ? `From ${complaint(configFile).replaceAll('\n', ' ')} and the command line` : 'There is no file; from the command line'}. All else is as --help says.\n${stringify(table)}`;
};
