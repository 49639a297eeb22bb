/*
Draws the screens of the readme from a capture of real directors: the program in a pseudo-terminal, its output drawn by a
terminal emulator, each cell as SVG. Run it after `npm run build`:

    node --import=tsx media/make-pictures.ts
*/
import {writeFileSync} from 'node:fs';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {spawn} from '@lydell/node-pty';
import xterm from '@xterm/headless';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const program = here('../dist/cli.js');
const capture = here('../test/captures/failover-nopreempt.pcap');

type Picture = {readonly name: string; readonly columns: number; readonly rows: number; readonly keys: readonly string[]; readonly shows: RegExp; readonly args?: readonly string[]};

/** A master that lost its power boots with an empty table and takes its place back at 18:55:51.9. */
const walk = [
	{name: 'before', at: '2026-11-22T18:55:46.918Z'},
	{name: '1s', at: '2026-11-22T18:55:52.918Z'},
	{name: '5s', at: '2026-11-22T18:55:56.918Z'},
	{name: '60s', at: '2026-11-22T18:56:51.918Z'},
] as const;

const pictures: readonly Picture[] = [
	{name: 'main', columns: 80, rows: 24, keys: [], shows: /\] \d\d:\d\d:\d\d/v},
	{name: 'main-wide', columns: 140, rows: 40, keys: [], shows: /\] \d\d:\d\d:\d\d/v},
	{name: 'vip-detail', columns: 100, rows: 28, keys: ['2', '\r'], shows: /203\.0\.113\.0\/24/v},
	{name: 'session-detail', columns: 100, rows: 24, keys: ['G', '\r'], shows: /first heard/v},
	{name: 'failover', columns: 100, rows: 30, keys: ['4'], shows: /AT TAKEOVER/v},
	{name: 'help', columns: 80, rows: 24, keys: ['?'], shows: /HELP/v},
	...walk.map(({name, at}) => ({
		name: `takeover-${name}`, columns: 80, rows: 24, keys: ['4'], shows: /PAIR|WHAT HAPPENED/v, args: ['-r', here('../test/captures/failover-preempt.pcap'), '--at', at],
	})),
];

/** The sixteen names as most dark terminals show them. */
const palette = ['#1e1e1e', '#f14c4c', '#23d18b', '#f5f543', '#6ca9ff', '#d670d6', '#29b8db', '#e5e5e5'];
const foreground = '#d4d4d4';
const background = '#1e1e1e';
const cell = {width: 8.4, height: 18};
const margin = 12;

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const svgOf = (terminal: InstanceType<typeof xterm.Terminal>): string => {
	const {active} = terminal.buffer;
	const width = (terminal.cols * cell.width) + (2 * margin);
	const height = (terminal.rows * cell.height) + (2 * margin);
	const out: string[] = [];
	for (let row = 0; row < terminal.rows; row++) {
		const line = active.getLine(active.viewportY + row);
		let column = 0;
		while (line && column < terminal.cols) {
			const first = line.getCell(column)!;
			const lookOf = (at: number): string => {
				const one = line.getCell(at)!;
				return `${one.isBold()} ${one.isDim()} ${one.isInverse()} ${one.isFgPalette() ? one.getFgColor() : -1}`;
			};

			const look = lookOf(column);
			let text = '';
			const start = column;
			while (column < terminal.cols && lookOf(column) === look) {
				text += line.getCell(column)!.getChars() || ' ';
				column++;
			}

			const color = first.isFgPalette() ? palette[first.getFgColor() % 8]! : foreground;
			const [ink, paper] = first.isInverse() ? [background, color] : [color, undefined];
			const x = margin + (start * cell.width);
			const y = margin + (row * cell.height);
			if (paper) {
				out.push(`<rect x="${x.toFixed(1)}" y="${y}" width="${((column - start) * cell.width).toFixed(1)}" height="${cell.height}" fill="${paper}"/>`);
			}

			if (text.trim() !== '') {
				const style = `${first.isBold() ? ' font-weight="bold"' : ''}${first.isDim() ? ' opacity="0.65"' : ''}`;
				out.push(`<text x="${x.toFixed(1)}" y="${y + 13.5}" fill="${ink}" textLength="${((column - start) * cell.width).toFixed(1)}" xml:space="preserve"${style}>${escapeXml(text)}</text>`);
			}
		}
	}

	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">
<rect width="100%" height="100%" rx="6" fill="${background}"/>
${out.join('\n')}
</svg>
`;
};

const draw = async ({name, columns, rows, keys, shows, args = ['-r', capture, '--at', '+120']}: Picture): Promise<void> => {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true});
	const {PATH = '', HOME = ''} = process.env;
	const child = spawn(process.execPath, [program, '--no-config', ...args], {name: 'xterm-256color', cols: columns, rows, env: {PATH, HOME, LANG: 'C.UTF-8', TERM: 'xterm-256color'}});
	const text = () => Array.from({length: rows}, (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true) ?? '').join('\n');
	let check = (): void => undefined;
	child.onData(data => {
		terminal.write(data, () => {
			check();
		});
	});
	const until = async (pattern: RegExp): Promise<void> => new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			reject(new Error(`${name} never showed ${pattern}:\n${text()}`));
		}, 10_000);
		check = () => {
			if (pattern.test(text())) {
				clearTimeout(timer);
				check = () => undefined;
				resolve();
			}
		};

		check();
	});
	await until(/\] \d\d:\d\d:\d\d/v);
	for (const [index, key] of keys.entries()) {
		child.write(key);
		await until(index === keys.length - 1 ? shows : /./v);
		if (index < keys.length - 1) {
			await new Promise(resolve => {
				setTimeout(resolve, 500);
			});
		}
	}

	writeFileSync(here(`${name}.svg`), svgOf(terminal));
	child.write('\u0003');
	await new Promise<void>(resolve => {
		child.onExit(() => {
			resolve();
		});
	});
};

for (const picture of pictures) {
	await draw(picture);
	console.log(`${picture.name}.svg`);
}
