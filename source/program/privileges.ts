import {accessSync, constants, readFileSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {UsageError} from '../options/usage-error.js';

type User = {readonly name: string; readonly uid: number; readonly gid: number};

/** Ids have 32 bits; the highest means none (setuid(2)). */
const isId = (text: string | undefined): text is string => /^\d{1,10}$/v.test(text ?? '') && Number(text) < 0xff_ff_ff_ff;

/**
Who called sudo; undefined without sudo, when root called it, and once root is given back. Throws a `UsageError` when sudo's words
cannot be understood: to go on as root would be more than anybody asked for.
*/
const invokingUser = (): User | undefined => {
	const {SUDO_UID: uid, SUDO_GID: gid, SUDO_USER: name} = process.env;
	if (process.getuid?.() !== 0 || (uid === undefined && gid === undefined && name === undefined)) {
		return undefined;
	}

	if (!isId(uid) || !isId(gid) || !name) {
		throw new UsageError('cannot tell which user called sudo: SUDO_UID and SUDO_GID have to be numbers, SUDO_USER a name. To stay root: env -u SUDO_UID -u SUDO_GID -u SUDO_USER ipvstop');
	}

	return Number(uid) === 0 ? undefined : {name, uid: Number(uid), gid: Number(gid)};
};

const initgroups = (user: string, extra: number): void => {
	(process as unknown as {initgroups(user: string, extra: number): void}).initgroups(user, extra);
};

/**
Under sudo, gives root back to the user who called it: with the sockets open nothing of root is needed any more. Concerns all
threads of the process (the C library sees to that), and with the user's id the capabilities go too. An interface that vanishes
and returns later can then only be heard by joined sockets.
*/
export const becomeInvokingUser = (): void => {
	const user = invokingUser();
	if (user) {
		initgroups(user.name, user.gid);
		process.setgid!(user.gid);
		process.setuid!(user.uid);
	}
};

/** Started by a user through sudo, and root not given back yet. */
export const isUnderSudo = (): boolean => invokingUser() !== undefined;

/** Under sudo, does something with the rights of the user who called it, such as making a file that is to be theirs. */
export const asInvokingUser = <Result>(action: () => Result): Result => {
	const user = invokingUser();
	if (!user) {
		return action();
	}

	const groups = process.getgroups!();
	const gid = process.getegid!();
	initgroups(user.name, user.gid);
	process.setegid!(user.gid);
	process.seteuid!(user.uid);
	try {
		return action();
	} finally {
		process.seteuid!(0);
		process.setegid!(gid);
		process.setgroups!(groups);
	}
};

/**
Under sudo, takes the home and the name of the user who called it for those of root: the configuration is theirs, and whatever is
started runs as them.
*/
export const takeUserEnvironment = (): void => {
	const user = invokingUser();
	if (!user) {
		return;
	}

	Object.assign(process.env, {USER: user.name, LOGNAME: user.name});
	try {
		process.env['HOME'] = asInvokingUser(() => userInfo().homedir);
	} catch {
		// No entry in the list of users: better no home than that of root.
		delete process.env['HOME'];
	}
};

const sheddingProgram = 'setpriv';

/** Whether programs that are started get capabilities of ours (ambient ones, capabilities(7)). */
const hasAmbientCapabilities = (): boolean => {
	try {
		return /^CapAmb:\s*0*[1-9a-f]/mv.test(readFileSync('/proc/self/status', 'utf8'));
	} catch {
		return false; // Not Linux.
	}
};

const isInstalled = (program: string): boolean => (process.env['PATH'] ?? '').split(':').some(folder => {
	try {
		accessSync(path.join(folder, program), constants.X_OK);
		return true;
	} catch {
		return false;
	}
});

/**
Words to put before a command so that it gets no capability of ours. Node cannot give up ambient ones, and they pass to what is
started; setpriv (util-linux) starts it without them. Throws a `UsageError` where that is missing and `isNeeded`.
*/
export const sheddingWords = (isNeeded: boolean): readonly string[] => {
	if (!hasAmbientCapabilities()) {
		return [];
	}

	if (isNeeded && !isInstalled(sheddingProgram)) {
		throw new UsageError('programs of --exec and --via would get the ambient capabilities of ipvstop, and setpriv, which starts them without, is missing: apt-get install util-linux, or give the capability otherwise');
	}

	return [sheddingProgram, '--inh-caps=-all', '--ambient-caps=-all', '--'];
};
