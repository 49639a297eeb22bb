/* Who else writes to a file. Node has no locks of files, but Linux shows what each process has open: to root all, to others their own. */
import {fstatSync, readdirSync, readFileSync, statSync, type Stats} from 'node:fs';
import process from 'node:process';

const accessMode = 3;
const readOnly = 0;

/** Of a process that ends while it is looked at nothing is known. */
const orNothing = <T>(look: () => T, nothing: T): T => {
	try {
		return look();
	} catch {
		return nothing;
	}
};

const writes = (pid: string, descriptor: string): boolean => {
	const flags = /^flags:\s*(\d+)/mv.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1'))?.[1] ?? '0';
	return (Number.parseInt(flags, 8) & accessMode) !== readOnly;
};

/** Whether two files are one. */
export const isSameFile = (one: Pick<Stats, 'dev' | 'ino'>, other: Pick<Stats, 'dev' | 'ino'> | undefined): boolean => one.ino === other?.ino && one.dev === other.dev;

/** The other process that has a file open for writing, in words; undefined when none is seen. */
export const writerOf = (file: Pick<Stats, 'dev' | 'ino'>): string | undefined => {
	for (const pid of orNothing(() => readdirSync('/proc'), []).filter(name => /^\d+$/v.test(name) && name !== String(process.pid))) {
		const holds = orNothing(() => readdirSync(`/proc/${pid}/fd`), []).some(descriptor => orNothing(
			() => isSameFile(file, statSync(`/proc/${pid}/fd/${descriptor}`)) && writes(pid, descriptor), false,
		));
		if (holds) {
			const name = orNothing(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), '');
			return `process ${pid}${name === '' ? '' : ` (${name})`}`;
		}
	}

	return undefined;
};

/** What is behind a path, `-` being stdin; undefined when nothing. */
export const identityOf = (path: string): Stats | undefined => orNothing(() => path === '-' ? fstatSync(0) : statSync(path), undefined);
