import {formatRate} from '../output/token-bucket.js';
import {type Trigger} from '../output/triggers/trigger.js';
import {complaint} from '../text/format.js';
import {type Options} from './options.js';

const triggerTable = ({name, on, actions, rate, timeoutMs}: Trigger): Record<string, unknown> => {
	const command = actions.find(action => action.kind === 'exec');
	const urls = actions.filter(action => action.kind === 'webhook').map(({url}) => url);
	return {
		name, on,
		...(command && {exec: command.argv}),
		...(urls.length > 0 && {webhook: urls}),
		rate: formatRate(rate),
		timeout: timeoutMs / 1000,
	};
};

/** One table for each command, as a table of the file has one. */
const singleCommands = (trigger: Trigger): Trigger[] => {
	const [first, ...more] = trigger.actions.filter(action => action.kind === 'exec');
	const others = trigger.actions.filter(action => action.kind === 'webhook');
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
