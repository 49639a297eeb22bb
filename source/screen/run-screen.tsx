import {writeSync} from 'node:fs';
import process from 'node:process';
import {render} from 'ink';
import {type Monitor} from '../engine/monitor.js';
import {createPlayer, type Openers} from '../sample/player.js';
import {type SamplerOptions, createSampler} from '../sample/sampler.js';
import {createNaming} from '../text/alias-names.js';
import {asciiGlyphs, blockGlyphs} from '../text/glyphs.js';
import {App} from './app.js';
import {type Effects} from './effects.js';
import {bindKeys} from './keymap.js';
import {createKeyStream} from './key-stream.js';
import {hasUnicode, openKeyboard} from './keyboard.js';
import {mouseOff, mouseOn} from './mouse.js';
import {boundSize} from './screen-size.js';
import {views} from './views/views.js';

type ScreenOptions = Pick<SamplerOptions, 'aliases' | 'ownEvents'> & Pick<Effects, 'save'> & {
	readonly intervalSeconds: number;
	readonly color: boolean;
	readonly ascii: boolean;
	readonly alternateScreen: boolean;
	/** Wheel and click. */
	readonly mouse: boolean;
	readonly localTime: boolean;
	/** Group and port that are listened for, in words. */
	readonly target: string;
	/** In force from the start, '' for none; found valid already. */
	readonly filter: string;
	/** Saved filters by name. */
	readonly filters: ReadonlyMap<string, string>;
	/** Canonical names of the fields to show; undefined: those of the width. */
	readonly columns: readonly string[] | undefined;
	/** Other keys by action. */
	readonly keys: ReadonlyMap<string, readonly string[]>;
};

type ScreenEnd = {
	readonly exitCode: number;
	/** To be said when the terminal is itself again. */
	readonly problems: readonly string[];
};

/** So long a first frame may wait for the moment that was asked for, rather than show the one before. */
const patienceMs = 1500;

/** Resolves when a capture file stands where it was asked to open. */
const settled = async (monitor: Monitor): Promise<void> => new Promise(resolve => {
	const finish = () => {
		clearTimeout(timer);
		unsubscribe();
		resolve();
	};

	const check = () => {
		if (monitor.hasEnded() || monitor.status()?.replay?.isSettled !== false) {
			finish();
		}
	};

	const timer = setTimeout(finish, patienceMs);
	const unsubscribe = monitor.subscribe(check);
	check();
});

/**
Shows a started monitor until the person quits or a signal ends the program. The screen is taken only once the source is
open, so that a password prompt on the other side of a pipe still works.
*/
export const runScreen = async (monitor: Monitor, openers: Openers, options: ScreenOptions, stopped: Promise<number>): Promise<ScreenEnd> => {
	// A pipe may stay silent for ever.
	const early = await Promise.race([monitor.started.then(() => undefined), stopped]);
	if (early !== undefined) {
		await monitor.close();
		return {exitCode: early, problems: []};
	}

	if (monitor.hasEnded() && (monitor.status() === undefined || (monitor.end()?.exitCode ?? 0) > 1)) {
		return monitor.ended;
	}

	await settled(monitor);
	const player = createPlayer(monitor, openers);
	bindKeys(options.keys, views);
	const sampler = createSampler(player, {...options, intervalMs: options.intervalSeconds * 1000});
	const keyboard = openKeyboard();
	const keys = keyboard && createKeyStream(keyboard);
	const glyphs = options.ascii || !hasUnicode(process.env) ? asciiGlyphs : blockGlyphs;
	let saving: Promise<unknown> = Promise.resolve();
	const save: Effects['save'] = async extract => {
		const saved = options.save(extract);
		saving = Promise.all([saving, saved]);
		return saved;
	};

	// Before the first frame: what is typed at it must not be echoed, nor wait for a line to end.
	keys?.setRawMode(true);
	if (process.stdout.isTTY) {
		boundSize(process.stdout, process.env);
		// What was typed until now was echoed. The first line begins where the cursor is, also on the alternate screen, and has no room to spare.
		process.stdout.write('\r');
	}

	const hasMouse = options.mouse && keys !== undefined && process.stdout.isTTY;
	const endMouse = () => {
		writeSync(process.stdout.fd, mouseOff);
	};

	if (hasMouse) {
		process.stdout.write(mouseOn);
		// However it ends: a shell that gets reports of the mouse is of no use.
		process.on('exit', endMouse);
	}

	const instance = render(<App
		filter={options.filter} saved={options.filters} chosenColumns={options.columns} localTime={options.localTime} intervalSeconds={options.intervalSeconds}
		target={options.target} color={options.color} sampler={sampler} player={player} glyphs={glyphs} naming={createNaming(options.aliases)} hasKeys={keys !== undefined} onClick={hasMouse ? keys.onClick : undefined} save={save}
	/>, {
		...(keys && {stdin: keys as unknown as NodeJS.ReadStream}),
		alternateScreen: options.alternateScreen,
		incrementalRendering: true,
		// Frames follow samples, which are counted, and keys, which must not wait: of the 51 ms of a slow key 36 were Ink's pause after the frame before.
		maxFps: 250,
		// Ink would go blank where CI is set; whoever opened a screen wants it.
		interactive: process.stdout.isTTY,
		exitOnCtrlC: false,
		patchConsole: false,
	});
	// A terminal that is gone: nobody is left to be told.
	const gone = new Promise<number>(resolve => {
		for (const stream of [process.stdout, keyboard]) {
			stream?.on('error', () => {
				resolve(0);
			});
		}
	});
	const exitCode = await Promise.race([gone, instance.waitUntilExit().then(() => 0), stopped]);
	instance.unmount();
	if (hasMouse) {
		process.off('exit', endMouse);
		process.stdout.write(mouseOff);
	}

	if (!options.alternateScreen && process.stdout.isTTY) {
		// The last frame stays: what comes after it begins on a line of its own.
		process.stdout.write('\r\n');
	}

	sampler.close();
	if (keyboard !== process.stdin) {
		keyboard?.destroy();
	}

	// A file that is begun is finished.
	await saving;
	const last = player.monitor();
	await player.close();
	const end = last.hasEnded() ? await last.ended : undefined;
	return {exitCode: exitCode === 0 ? end?.exitCode ?? 0 : exitCode, problems: [...end?.remarks ?? [], ...end?.problems ?? []]};
};
