/*
Bends inputs of the decoder (tunnels included), the reader of capture files, gzip, the filter language, the whole engine, its checkpoints, the
segments of a log, requests for metrics and the configuration, guided by the coverage of the code, and checks what must hold for any input.

	npm run fuzz -- --seconds 60
	npm run fuzz -- --target wire --seed 7 --runs 100000
	npm run fuzz -- --target wire test/fuzz/finds/wire-1.pcap

What it finds is made small and written to a file, which the last form runs again.
*/
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {randomInt} from 'node:crypto';
import {join} from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {runKept} from './kept.js';
import {fuzz, type LoopResult} from './loop.js';
import {targetNames, targets, type TargetName} from './targets.js';

const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {
		/** One of them; all in turn by default. */
		target: {type: 'string'},
		/** For all targets together. */
		seconds: {type: 'string'},
		/** For each target. */
		runs: {type: 'string'},
		seed: {type: 'string', default: `${randomInt(2 ** 31)}`},
		/** Where finds are written. */
		out: {type: 'string', default: 'fuzz-finds'},
		/** Without guidance, to see what guidance is worth. */
		blind: {type: 'boolean', default: false},
	},
});

const isTarget = (name: string): name is TargetName => (targetNames as readonly string[]).includes(name);
const number = (text: string, name: string): number => {
	const value = Number(text);
	if (!Number.isInteger(value) || value < 0) {
		throw new RangeError(`--${name} takes a whole number, not ${text}`);
	}

	return value;
};

const chosen = values.target === undefined ? targetNames : values.target.split(',').filter(name => isTarget(name));
if (chosen.length === 0) {
	throw new RangeError(`--target is one of ${targetNames.join(' ')}`);
}

const seed = number(values.seed, 'seed');
const runs = values.runs === undefined ? Infinity : number(values.runs, 'runs');
const seconds = number(values.seconds ?? (values.runs === undefined ? '60' : '0'), 'seconds');

const fuzzOne = async (name: TargetName): Promise<boolean> => {
	const start = performance.now();
	const endMs = seconds === 0 ? Infinity : start + (seconds * 1000 / chosen.length);
	const options = {seed, runs, isOver: () => performance.now() > endMs, guided: !values.blind};
	const {finds, ...figures} = await targets[name](async (target): Promise<LoopResult> => fuzz(target, options));
	const elapsed = (performance.now() - start) / 1000;
	console.log(`${name}: seed ${seed}, ${figures.runs} runs in ${elapsed.toFixed(1)} s, ${Math.round(figures.runs / elapsed)} a second; ${figures.blocks} blocks of code, ${figures.features} features, corpus ${figures.corpus}; finds ${finds.length}; peak RSS ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
	for (const [index, {error, octets, extension, runs: before}] of finds.entries()) {
		mkdirSync(values.out, {recursive: true});
		const path = join(values.out, `${name}-${seed}-${index + 1}.${extension}`);
		writeFileSync(path, octets);
		console.log(`  after ${before} runs: ${path}\n${error instanceof Error ? error.stack : String(error)}`);
		console.log(`  repeat: npm run fuzz -- --target ${name} ${path}`);
	}

	return finds.length > 0;
};

const repeat = async (path: string): Promise<boolean> => {
	const octets = new Uint8Array(readFileSync(path));
	try {
		await targets[chosen[0]!](async (target): Promise<void> => runKept(target, octets));
		console.log(`${path}: all is well`);
		return false;
	} catch (error) {
		console.log(path, error);
		return true;
	}
};

let isFound = false;
for (const path of positionals) {
	isFound = await repeat(path) || isFound;
}

for (const name of positionals.length > 0 ? [] : chosen) {
	isFound = await fuzzOne(name) || isFound;
}

process.exitCode = isFound ? 1 : 0;
