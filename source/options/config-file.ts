import {closeSync, openSync, readSync} from 'node:fs';
import path from 'node:path';
import {ConfigProblem, emptyConfig, readConfig, type Config, type ScreenWords, type Setting} from './config.js';
import {lineOfKey, type KeyPath} from './config-lines.js';
import {UsageError} from './usage-error.js';

/** A configuration and where it stands. */
export type LoadedConfig = {
	readonly config: Config;
	/** '' when there is none, undefined when none was to be read. */
	readonly file: string | undefined;
	/** Empty as long as nobody speaks of keys and columns. */
	readonly words: ScreenWords;
	/** `FILE:LINE` of a key. */
	place(path: KeyPath): string;
};

const noWords: ScreenWords = {actions: [], columns: []};

const withoutFile = (words: ScreenWords): LoadedConfig => ({config: emptyConfig, file: '', words, place: () => ''});

/** The screen's own lists, which few have a use for. */
const screenWords = async (): Promise<ScreenWords> => {
	const [{actions}, {sessionColumns}] = await Promise.all([import('../screen/keymap.js'), import('../screen/views/sessions/columns.js')]);
	return {actions, columns: sessionColumns.map(({id}) => id)};
};

/** Far more than anybody writes. */
const largestOctets = 1_048_576;

/** Where a configuration is looked for, the first that exists counts (XDG Base Directory Specification). */
export const configFiles = ({XDG_CONFIG_HOME: home, XDG_CONFIG_DIRS: folders, HOME: user}: Readonly<NodeJS.ProcessEnv>): string[] => [
	...(home && path.isAbsolute(home) ? [home] : (user ? [path.join(user, '.config')] : [])),
	...(folders || '/etc/xdg').split(':').filter(folder => path.isAbsolute(folder)),
].map(folder => path.join(folder, 'ipvstop', 'config.toml'));

const problemWords: Readonly<Record<string, string>> = {ENOENT: 'no such file', EACCES: 'permission denied', EISDIR: 'this is a directory'};

/** The text of a file, not more of it than a configuration can have: a device has no end, and a sparse file holds anything. Throws. */
export const readText = (file: string): string => {
	const descriptor = openSync(file, 'r');
	try {
		const octets = Buffer.alloc(largestOctets + 1);
		let length = 0;
		for (let read = -1; read !== 0 && length < octets.length; length += read) {
			read = readSync(descriptor, octets, length, octets.length - length, null);
		}

		if (length > largestOctets) {
			throw new UsageError(`${file}: larger than 1 MiB, so it is no configuration`);
		}

		return octets.toString('utf8', 0, length);
	} finally {
		closeSync(descriptor);
	}
};

/** The text of a file; undefined when it does not exist and need not. */
const textOf = (file: string, mustExist: boolean, read: typeof readText): string | undefined => {
	try {
		return read(file);
	} catch (error) {
		const {code = '', message} = error as NodeJS.ErrnoException;
		// Where another user's HOME is in the environment, that user's configuration is not meant.
		if (!mustExist && (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES')) {
			return undefined;
		}

		throw error instanceof UsageError ? error : new UsageError(`Cannot read the configuration ${file}: ${problemWords[code] ?? message}`);
	}
};

const keyText = (keyPath: KeyPath): string => keyPath.map((step, index) => typeof step === 'number' ? `[${step + 1}]` : `${index === 0 ? '' : '.'}${step}`).join('');

/** Reads the text of a configuration. Throws a `UsageError` that names line and key. */
export const parseConfig = async (text: string, file: string, settings: ReadonlyMap<string, Setting>, typedWords = noWords): Promise<LoadedConfig> => {
	// Loaded when there is something to read with them.
	const {parse, TomlError} = await import('smol-toml');
	const place = (keyPath: KeyPath): string => {
		// A key that is missing is missing in what should hold it.
		const lines = keyPath.map((_, above) => lineOfKey(text, keyPath.slice(0, keyPath.length - above), parse));
		const line = lines.find(found => found > 0);
		return line === undefined ? file : `${file}:${line}`;
	};

	try {
		const parsed = parse(text);
		const words = parsed['keys'] === undefined && parsed['columns'] === undefined ? typedWords : await screenWords();
		return {config: readConfig(parsed, {settings, ...words}), file, words, place};
	} catch (error) {
		if (error instanceof TomlError) {
			throw new UsageError(`${file}:${error.line}: ${error.message.split('\n', 1)[0]!.replace('Invalid TOML document: ', 'not TOML: ')}`, {cause: error});
		}

		if (error instanceof ConfigProblem) {
			throw new UsageError(`${place(error.path)}: ${keyText(error.path)}: ${error.message}`, {cause: error});
		}

		throw error;
	}
};

/** What `--config` and `--no-config` say; both stand outside of what they configure. */
const askedFor = (argv: readonly string[]): string | false | undefined => {
	let asked: string | false | undefined;
	for (const [index, argument] of argv.entries()) {
		if (argument === '--') {
			break;
		}

		if (argument === '--no-config') {
			asked = false;
		} else if (argument === '--config' || argument.startsWith('--config=')) {
			asked = argument === '--config' ? argv.at(index + 1) : argument.slice(argument.indexOf('=') + 1);
		}
	}

	return asked;
};

/** Reads the configuration that a command line asks for, or the user's own; `read` gives the text of a file. Throws a `UsageError`. */
export const loadConfig = async (
	argv: readonly string[],
	environment: Readonly<NodeJS.ProcessEnv>,
	settings: ReadonlyMap<string, Setting>,
	read: typeof readText = readText,
): Promise<LoadedConfig> => {
	const asked = askedFor(argv);
	const words = argv.some(argument => /^--(?:key|columns)(?:=|$)/v.test(argument)) ? await screenWords() : noWords;
	if (asked === false) {
		return {...withoutFile(words), file: undefined};
	}

	for (const file of asked === undefined ? configFiles(environment) : [asked]) {
		const text = textOf(file, asked !== undefined, read);
		if (text !== undefined) {
			return parseConfig(text, file, settings, words);
		}
	}

	return withoutFile(words);
};
