import process from 'node:process';

const invokingUser = (): {readonly name: string; readonly uid: number; readonly gid: number} | undefined => {
	const {SUDO_UID: uid, SUDO_GID: gid, SUDO_USER: name} = process.env;
	return process.getuid?.() !== 0 || !uid || !gid || !name || Number(uid) === 0 ? undefined : {name, uid: Number(uid), gid: Number(gid)};
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
