import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const writableByOthers = 0o022;
const sticky = 0o1000;

/** Others can put something else in the place of what lies there: it is their folder, or they may write there. */
const isOthers = (folder: string): boolean => {
	const {uid, mode} = fs.lstatSync(folder);
	return (uid !== 0 && uid !== process.geteuid!()) || ((mode & writableByOthers) !== 0 && (mode & sticky) === 0);
};

/**
The real path of a folder where whatever this user puts stays as it is: each folder from the root on belongs to root or to this
user, and others may not write there, or only beside what is there, as in /tmp. Code is loaded from nowhere else. Under sudo the
home may be another user's. Undefined where it is not so, or there is no such folder.
*/
export const trustedFolder = (folder: string): string | undefined => {
	try {
		const real = fs.realpathSync(folder);
		for (let one = real; ; one = path.dirname(one)) {
			if (isOthers(one)) {
				return undefined;
			}

			if (one === path.dirname(one)) {
				return real;
			}
		}
	} catch {
		return undefined;
	}
};

/** A folder in a trusted one, made where it is not there. */
const folderIn = (above: string, name: string): string | undefined => {
	const folder = path.join(above, name);
	try {
		fs.mkdirSync(folder, {mode: 0o700});
	} catch {
		// It is there, or it cannot be: read-only, full.
	}

	return trustedFolder(folder);
};

const isForOneUser = (folder: string): boolean => {
	const {uid, mode} = fs.lstatSync(folder);
	return uid === process.geteuid!() && (mode & 0o077) === 0;
};

/** The folder of this program in the user's cache (XDG Base Directory Specification), which none but that user may read or write. Undefined where there can be none. */
export const cacheFolder = ({XDG_CACHE_HOME: named = '', HOME: home = ''}: Readonly<Record<string, string | undefined>>): string | undefined => {
	if (!path.isAbsolute(named || home)) {
		return undefined;
	}

	const above = trustedFolder(named || home);
	const caches = above !== undefined && named === '' ? folderIn(above, '.cache') : above;
	const folder = caches === undefined ? undefined : folderIn(caches, 'ipvstop');
	return folder !== undefined && isForOneUser(folder) ? folder : undefined;
};
