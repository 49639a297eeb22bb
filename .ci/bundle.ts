/* What the program is bundled with, for the package and for the single file alike. */
import fs from 'node:fs';
import path from 'node:path';
import {build, type BuildOptions, type Metafile, type Plugin} from 'esbuild';
import {inlineLayouts} from './inline-layouts.js';
import {takeBuiltins} from './take-builtins.js';

export const root = path.dirname(import.meta.dirname);

/** Changes the text of a package where it costs time. A version that reads otherwise is an error, not slow. */
const mend = (filter: RegExp, ...changes: ReadonlyArray<readonly [found: RegExp, instead: string]>): Plugin => ({
	name: `mend ${filter.source}`,
	setup({onLoad}) {
		onLoad({filter}, ({path: file}) => {
			let contents = fs.readFileSync(file, 'utf8');
			const missing = changes.filter(([found, instead]) => {
				const before = contents;
				contents = contents.replace(found, () => instead);
				return contents === before;
			});
			return missing.length > 0 ? {errors: missing.map(([found]) => ({text: `There is no ${found.source} in ${file}`}))} : {contents};
		});
	},
});

const graphemes = [
	/new Intl\.Segmenter\([^\)]*\);$/mv,
	['graphemes;', 'import {graphemes} from', `${JSON.stringify(path.join(import.meta.dirname, 'graphemes.ts'))};`].join('\n'),
] as const;

const mended = [
	// Yoga, which lays out the screen, has its WASM in a data URL, which it decodes itself where there is no `fetch`. The first
	// touch of that loads all of undici: 15 ms before the first frame.
	mend(/yoga-wasm-base64-esm\.js$/, [/"function"!=typeof fetch/v, 'true']),
	mend(/\/(?:ink\/build\/line-update|ansi-tokenize\/build\/tokenize|tokenize-ansi|wrap-ansi\/index)\.js$/, graphemes),
	// Dots, boxes and blocks are as wide as letters.
	mend(/\/string-width\/index\.js$/, graphemes, [/\[\\u0020-\\u007E\]/v, String.raw`[\u0020-\u007E\u2026\u2500-\u259F]`]),
	// Loads `assert` to say that it was given a function.
	mend(/\/signal-exit\/index\.js$/, [/require\('assert'\)/v, '{equal() {}}']),
];

/** Of the manifest, the program wants to know its version only. */
const versionOnly: Plugin = {
	name: 'version only',
	setup({onLoad}) {
		onLoad({filter: /package\.json$/}, ({path: file}) => {
			const {version} = JSON.parse(fs.readFileSync(file, 'utf8')) as {readonly version: string};
			return file === path.join(root, 'package.json') ? {contents: JSON.stringify({version}), loader: 'json'} : undefined;
		});
	},
};

const options = {
	absWorkingDir: root,
	bundle: true,
	platform: 'node',
	target: 'node22',
	external: ['pcap', 'react-devtools-core'],
	// React's production build; nothing of Ink that is for developers.
	define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"'},
	// Names stay as they are: a stack trace that somebody sends can be read.
	minifyWhitespace: true,
	minifySyntax: true,
	legalComments: 'none',
	tsconfigRaw: {compilerOptions: {jsx: 'react-jsx'}},
	plugins: [...mended, versionOnly, inlineLayouts],
	logLevel: 'warning',
	logOverride: {'assign-to-define': 'silent'},
	metafile: true,
} as const satisfies BuildOptions;

/** Before the text of a module: Node 22.3 and later have the latter. */
const banner = 'import {createRequire as requireFrom} from "node:module"; const require = requireFrom(import.meta.url); process.getBuiltinModule ??= require;\n';

/** The program and its thread as modules that load each other when they are needed. */
export const bundleProgram = async (folder: string): Promise<Metafile> => {
	const {metafile} = await build({
		...options,
		entryPoints: {cli: 'source/cli.ts', worker: 'source/program/thread.ts'},
		outdir: folder,
		format: 'esm',
		splitting: true,
		banner: {js: banner.trim()},
	});
	for (const [output, {entryPoint}] of Object.entries(metafile.outputs)) {
		const file = path.join(root, output);
		const text = fs.readFileSync(file, 'utf8');
		const isFirst = entryPoint === 'source/cli.ts' || entryPoint === 'source/program/thread.ts';
		fs.writeFileSync(file, isFirst || text.includes('typeof require') ? takeBuiltins(text) : takeBuiltins(text.replace(banner, '')));
	}

	return metafile;
};

/** One module in one file. */
export const bundleModule = async (source: string, output: string, format: 'cjs' | 'esm'): Promise<void> => {
	await build({...options, entryPoints: [source], outfile: output, format});
};
