import {writeFileSync} from 'node:fs';
import process from 'node:process';

/**
Names the process as it was called, without the runtime: `ps`, `pgrep`, `killall` and `top` find it, and tell which of several does
what. Done after the command line was parsed, which leaves the process without a name.
*/
export const nameProcess = (argv: readonly string[]): void => {
	process.title = ['ipvstop', ...argv].join(' ');
	try {
		// The title stands here too, with its arguments; exact matches need the name alone (proc_pid_comm(5)).
		writeFileSync('/proc/self/comm', 'ipvstop');
	} catch {
		// Where /proc is hidden, or on another system, the title is all.
	}
};
