import process from 'node:process';
import {Box, useApp, useInput, usePaste, useWindowSize} from 'ink';
import {useEffect, useMemo, useState} from 'react';
import {type Player} from '../sample/player.js';
import {type Sampler} from '../sample/sampler.js';
import {createConsole, type ConsoleOptions} from './console.js';
import {type Effects} from './effects.js';
import {keysOf} from './key-events.js';
import {type KeyStream} from './key-stream.js';
import {mouseOff, mouseOn} from './mouse.js';
import {ThemeContext} from './theme.js';
import {useMonitor} from './use-monitor.js';
import {useRepaint} from './use-repaint.js';

type AppProps = Omit<ConsoleOptions, 'columns' | 'rows'> & Pick<Effects, 'save'> & {
	readonly sampler: Sampler;
	readonly player: Player;
	readonly color: boolean;
	/** Whether there is a terminal to take keys from. */
	readonly hasKeys: boolean;
	/** Subscribes to the mouse, where it is wanted. */
	readonly onClick?: KeyStream['onClick'] | undefined;
};

/** Time for the stop to come about, which passes only while the program runs. */
const stopMs = 100;

/**
Stops the program until the shell continues it. To the whole process group, as a terminal would, so that `npm start` stops
too. A group without a shell to continue it cannot be stopped; then this resolves at once.
*/
const stopProcess = async (): Promise<void> => new Promise(resolve => {
	process.kill(0, 'SIGTSTP');
	setTimeout(resolve, stopMs);
});

export function App({sampler, player, color, hasKeys, onClick, save, ...options}: AppProps) {
	const {exit, suspendTerminal} = useApp();
	const {columns, rows} = useWindowSize();
	const redraw = useRepaint(columns, rows);
	const [screen] = useState(() => createConsole(sampler, player, {...options, columns, rows}, {
		quit: exit,
		suspend() {
			void suspendTerminal(async () => {
				process.stdout.write(onClick ? mouseOff : '');
				await stopProcess();
				process.stdout.write(onClick ? mouseOn : '');
			});
		},
		redraw,
		save,
		write(sequence) {
			process.stdout.write(sequence);
		},
		after(delayMs, callback) {
			const timer = setTimeout(callback, delayMs);
			return () => {
				clearTimeout(timer);
			};
		},
	}));
	const frame = useMonitor(screen);
	const theme = useMemo(() => ({hasColor: color}), [color]);

	useEffect(() => {
		screen.resize(columns, rows);
	}, [screen, columns, rows]);
	useEffect(() => () => {
		screen.close();
	}, [screen]);
	useEffect(() => onClick?.(click => {
		screen.click(click);
	}), [screen, onClick]);
	useInput((input, key) => {
		screen.keys(keysOf(input, key));
	}, {isActive: hasKeys});
	usePaste(text => {
		screen.paste(text);
	}, {isActive: hasKeys});

	const {Picture} = frame.page;
	// Until the new size is known everywhere, no more lines than the terminal has.
	return (
		<ThemeContext value={theme}>
			<Box flexDirection='column' width={columns} height={rows} overflow='hidden'>
				<Picture frame={frame}/>
			</Box>
		</ThemeContext>
	);
}
