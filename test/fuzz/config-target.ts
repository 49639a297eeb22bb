import {Buffer} from 'node:buffer';
import {parseConfig} from '../../source/options/config-file.js';
import {readCommandLine, type Options} from '../../source/options/options.js';
import {settings} from '../../source/options/option-flags.js';
import {effectiveConfig} from '../../source/options/print-config.js';
import {UsageError} from '../../source/options/usage-error.js';
import {bendOctets} from './bend-octets.js';
import {smallerOctets} from './minimise.js';
import {must, type Target} from './target.js';

const seeds = [
	'interface = ["eth1"]\nmetrics = "9464"\nmax-sessions = 5000\npassive = true\n',
	'columns = ["state", "client", "real", "expires"]\n[keys]\nquit = ["q", "^X"]\n',
	'[aliases]\nweb = "192.0.2.10:443"\nnet = ["10.0.0.0/8", "2001:db8::/32"]\n[filters]\nopen = "vip=web state=established"\n',
	'[[pairs]]\nname = "front"\ndirectors = ["192.0.2.2", "192.0.2.3"]\nsyncids = [51, 52]\n',
	'[[triggers]]\nname = "page"\non = "once 1m: event=takeover"\nexec = "logger -t lvs takeover"\nwebhook = "https://chat.example.net/h"\nrate = "5/m"\ntimeout = 10\n',
];

/** Words of the language and of this configuration. */
const words = ['[', ']', '[[', ']]', '=', '"', '\'\'\'', '"""', '\n', '#', '{', '}', 'true', '1e400', 'nan', '1979-05-27', '\\u0000', '\\ud800', '__proto__', 'constructor', 'columns', 'keys', 'aliases', 'filters', 'pairs', 'triggers', 'exec', 'webhook'];

/** What is said by a configuration that is taken, to be compared. */
const said = ({filters, aliases, pairs, columns, keys, triggers, settings: values}: Options): string => JSON.stringify([[...filters], [...aliases], pairs, columns, [...keys], triggers.map(({on, actions, rate, timeoutMs}) => [on, actions, rate, timeoutMs]), [...values]]);

const optionsOf = async (text: string): Promise<Options> => {
	const config = await parseConfig(text, 'config.toml', settings);
	return readCommandLine(['--demo', '--events', '--fire-in-replay'], {stdinIsPipe: false, stdoutIsTerminal: false, noColor: false}, config).options;
};

/** Configurations: refused in a line that names its place, or taken, and what `--print-config` says of it is taken for the same. */
export const createConfigTarget = (): Target<string> => ({
	name: 'config',
	covers: /\/source\/options\/[^\/]*\.ts/v,
	batch: 16,
	memoryLimit: 64 * 2 ** 20,
	seeds: () => [...seeds],
	mutate(text, other, random) {
		if (random.below(3) > 0) {
			return Buffer.from(bendOctets(Buffer.from(text), Buffer.from(other), random)).toString('utf8');
		}

		const at = random.below(text.length + 1);
		return text.slice(0, at) + random.pick(words) + text.slice(at + random.below(6));
	},
	async run(text, feature) {
		let options: Options;
		try {
			options = await optionsOf(text);
		} catch (error) {
			must(error instanceof UsageError, () => `refused by ${String(error)}`);
			const {message} = error as Error;
			// A filter is shown whole, and below it where it is wrong.
			must(message.length > 0 && message.length < 1000 + (4 * text.length), 'a refusal without words, or without end');
			feature(message.replaceAll(/config\.toml:\d+: |"[^"]*"|\d+/gv, '').length);
			return;
		}

		feature(1_000_000 + options.settings.size + (options.filters.size * 8) + (options.triggers.length * 64));
		const printed = await effectiveConfig(options);
		const again = await optionsOf(printed);
		must(said(again) === said(options), 'what is printed of it says something else');
	},
	* shrink(text) {
		for (const octets of smallerOctets(Buffer.from(text))) {
			yield Buffer.from(octets).toString('utf8');
		}
	},
	encode: text => ({octets: new Uint8Array(Buffer.from(text)), extension: 'toml'}),
	decode: octets => Buffer.from(octets).toString('utf8'),
});
