import {execFile} from 'node:child_process';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {bundleModule} from '../../.ci/bundle.js';

const execute = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs a measurement in a process of its own. Gives the object that its last line prints. */
export const measure = async <Result>(script: string, args: readonly string[], flags: readonly string[] = []): Promise<Result> => {
	const {stdout} = await execute(process.execPath, [...flags, '--import=tsx', here(script), ...args]);
	return JSON.parse(stdout.trim().split('\n').at(-1)!) as Result;
};

/** Bundles measurements as the program is bundled: where names of offsets stand for numbers, the published code is another. Gives how to run them. */
export const bundled = async (scripts: readonly string[], folder: string) => {
	await Promise.all(scripts.map(async script => bundleModule(here(script), path.join(folder, `${script}.mjs`), 'esm')));
	return async <Result>(script: string, args: readonly string[], flags: readonly string[] = []): Promise<Result> => {
		const {stdout} = await execute(process.execPath, [...flags, path.join(folder, `${script}.mjs`), ...args]);
		return JSON.parse(stdout.trim().split('\n').at(-1)!) as Result;
	};
};

/** Runs a program that prints an object. */
export const measureProgram = async <Result>(program: string, args: readonly string[]): Promise<Result> => {
	const {stdout} = await execute(program, args);
	return JSON.parse(stdout) as Result;
};

/** Whether a program can be run. */
export const exists = async (program: string): Promise<boolean> => {
	try {
		await execute(program, ['--version']);
		return true;
	} catch {
		return false;
	}
};

/** Compiles a C file of this folder. */
export const compile = async (source: string, output: string): Promise<void> => {
	await execute('gcc', ['-O3', '-march=native', here(source), '-o', output]);
};

const secondsOf = (text: string): number => {
	const [minutes, seconds] = text.replace(',', '.').replace('s', '').split('m');
	return (Number(minutes) * 60) + Number(seconds);
};

/** CPU seconds, user and system, of a command whose output is thrown away. `times` of a shell tells those of its children. */
export const cpuSecondsOf = async (command: readonly string[]): Promise<number> => {
	const {stdout} = await execute('sh', ['-c', '"$@" > /dev/null 2>&1 || exit 1; times', 'sh', ...command]);
	const [user, system] = stdout.trim().split('\n').at(-1)!.split(' ');
	return secondsOf(user!) + secondsOf(system!);
};
