/*
Where things lie in packed words stands in the source as tables of numbers, read by name: `entryAt.path`, `recordAt.flags`. V8 looks
such a name up at each use, checks that it still is a whole number, and checks the sum for overflow. In the bundle the numbers
stand where the names were: an update of the table takes 0.93 of the time (`test/benchmark/readme.md`).
*/
import fs from 'node:fs';
import path from 'node:path';
import {type Plugin} from 'esbuild';

type Layout = Readonly<Record<string, number>>;

const declaration = /^(?:export )?const (?<name>\w+) = (?<body>\{[^\{\}]*\}) as const;$/gmv;
const importing = /^import \{(?<names>[^\}]*)\} from '(?<from>\.[^']*)\.js';$/gmv;

/** The tables of nothing but numbers that a module declares. */
const layoutsIn = (text: string): ReadonlyMap<string, Layout> => {
	const found = new Map<string, Layout>();
	for (const {groups} of text.matchAll(declaration)) {
		try {
			// eslint-disable-next-line no-new-func, @typescript-eslint/no-unsafe-call
			const value = new Function(`return ${groups!['body']!}`)() as Readonly<Record<string, unknown>>;
			if (Object.values(value).every(one => Number.isInteger(one))) {
				found.set(groups!['name']!, value as Layout);
			}
		} catch {
			// It refers to other names: no table of numbers.
		}
	}

	return found;
};

const isSource = (file: string): boolean => file.includes(`${path.sep}source${path.sep}`);

/** Puts the numbers of such tables where a module reads them by name, its own and those that it imports. */
export const inlineLayouts: Plugin = {
	name: 'inline layouts',
	setup({onLoad}) {
		const known = new Map<string, ReadonlyMap<string, Layout>>();
		const layoutsOf = (file: string): ReadonlyMap<string, Layout> => {
			let layouts = known.get(file);
			if (!layouts) {
				layouts = fs.existsSync(file) ? layoutsIn(fs.readFileSync(file, 'utf8')) : new Map();
				known.set(file, layouts);
			}

			return layouts;
		};

		onLoad({filter: /\.tsx?$/}, ({path: file}) => {
			if (!isSource(file)) {
				return undefined;
			}

			const text = fs.readFileSync(file, 'utf8');
			const layouts = new Map(layoutsOf(file));
			for (const {groups} of text.matchAll(importing)) {
				const from = layoutsOf(path.join(path.dirname(file), `${groups!['from']!}.ts`));
				for (const name of groups!['names']!.split(',').map(one => one.trim())) {
					const layout = from.get(name);
					if (layout) {
						layouts.set(name, layout);
					}
				}
			}

			const contents = layouts.size === 0
				? text
				: text.replaceAll(
					new RegExp(`(?<![.\\w])(${[...layouts.keys()].join('|')})\\.(\\w+)\\b`, 'gv'),
					(found, name: string, field: string) => {
						const number = layouts.get(name)?.[field];
						return number === undefined ? found : (number < 0 ? `(${number})` : String(number));
					},
				);
			return {contents, loader: file.endsWith('x') ? 'tsx' : 'ts'};
		});
	},
};
