import {chownSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type TestContext} from 'node:test';

/** Nobody, in all that a process can be: the user that tests give root back to. */
export const nobody = 65_534;

/** The environment that sudo gives a program when `nobody` called it. */
export const calledByNobody = {SUDO_UID: String(nobody), SUDO_GID: String(nobody), SUDO_USER: 'nobody'} as const;

/** A folder that belongs to a user; to root by default, who alone may look into it. */
export const folderOf = (context: TestContext, uid = 0): string => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ipvstop-rights-'));
	chownSync(folder, uid, uid);
	context.after(() => {
		rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

/** The ids and capabilities of a thread, as /proc/PID/status tells them (proc_pid_status(5)). */
export type Rights = {
	/** Real, effective, saved, file system. */
	readonly uids: string;
	readonly gids: string;
	readonly groups: string;
	/** Inheritable, permitted, effective, ambient: what it has or can have by itself. */
	readonly capabilities: string;
};

export const rightsIn = (status: string): Rights => {
	const field = (name: string) => new RegExp(`^${name}:\\s*(?<value>.*)$`, 'mv').exec(status)?.groups?.['value']?.trim().replaceAll(/\s+/gv, ' ') ?? 'missing';
	return {
		uids: field('Uid'), gids: field('Gid'), groups: field('Groups'),
		capabilities: ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map(name => field(name).replace(/^0+(?=.)/v, '')).join(' '),
	};
};

/** Those of every thread of a process. */
export const rightsOfThreads = (pid: number): Rights[] =>
	readdirSync(`/proc/${pid}/task`).map(thread => rightsIn(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')));

export const rightsOfNobody: Rights = {
	uids: Array.from({length: 4}, () => nobody).join(' '), gids: Array.from({length: 4}, () => nobody).join(' '), groups: String(nobody), capabilities: '0 0 0 0',
};
