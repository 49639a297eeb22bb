import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

const execute = promisify(execFile);

/** A frame by the names of the fields that were asked for; each has as many values as tshark found. */
export type TsharkFrame = ReadonlyMap<string, readonly string[]>;

/** Why tshark cannot be used here, undefined when it can. */
export const tsharkMissing = async (): Promise<string | undefined> => {
	try {
		await execute('tshark', ['--version']);
		return undefined;
	} catch {
		return 'tshark is not installed';
	}
};

/** Every frame of a capture file as tshark dissects it. */
export const tsharkFrames = async (path: string, fields: readonly string[]): Promise<TsharkFrame[]> => {
	const {stdout} = await execute(
		'tshark',
		['-n', '-r', path, '-T', 'fields', '-E', 'aggregator=|', ...fields.flatMap(field => ['-e', field])],
		{maxBuffer: 256 * 1024 * 1024},
	);
	return stdout.split('\n').filter(line => line !== '').map(line => {
		const columns = line.split('\t');
		return new Map(fields.map((field, index) => [field, columns[index] === '' ? [] : columns[index]!.split('|')]));
	});
};
