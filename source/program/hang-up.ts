import {closeSync, openSync} from 'node:fs';
import process from 'node:process';
import {type Options} from '../options/options.js';

/** A service has none. /dev/tty is the controlling terminal of whoever opens it, tty(4). */
const hasControllingTerminal = (): boolean => {
	try {
		closeSync(openSync('/dev/tty', 'r'));
		return true;
	} catch {
		return false;
	}
};

/**
Whether SIGHUP asks text output to read the configuration again, also one that was not there at the start. Else it says that the
terminal is gone, which takes its programs with it.
*/
export const rereadsOnHangUp = ({configFile}: Options): boolean => {
	if (configFile === undefined || process.stdout.isTTY) {
		return false;
	}

	return configFile !== '' || !hasControllingTerminal();
};
