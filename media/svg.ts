import type xterm from '@xterm/headless';

/** The sixteen names as most dark terminals show them. */
const palette = ['#1e1e1e', '#f14c4c', '#23d18b', '#f5f543', '#6ca9ff', '#d670d6', '#29b8db', '#e5e5e5'];
const foreground = '#d4d4d4';
const background = '#1e1e1e';
const cell = {width: 8.4, height: 18};
const margin = 12;

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

type Terminal = InstanceType<typeof xterm.Terminal>;

/** The rows of a terminal as SVG elements, one string per row: runs of equal looks, each with its width. */
export const rowsOf = (terminal: Terminal): string[] => Array.from({length: terminal.rows}, (_, row) => {
	const {active} = terminal.buffer;
	const line = active.getLine(active.viewportY + row);
	const out: string[] = [];
	const lookOf = (at: number): string => {
		const one = line!.getCell(at)!;
		return `${one.isBold()} ${one.isDim()} ${one.isInverse()} ${one.isFgPalette() ? one.getFgColor() : -1}`;
	};

	let column = 0;
	while (line && column < terminal.cols) {
		const first = line.getCell(column)!;
		const look = lookOf(column);
		let text = '';
		const start = column;
		while (column < terminal.cols && lookOf(column) === look) {
			text += line.getCell(column)!.getChars() || ' ';
			column++;
		}

		const color = first.isFgPalette() ? palette[first.getFgColor() % 8]! : foreground;
		const [ink, paper] = first.isInverse() ? [background, color] : [color, undefined];
		const x = (margin + (start * cell.width)).toFixed(1);
		const y = margin + (row * cell.height);
		if (paper) {
			out.push(`<rect x="${x}" y="${y}" width="${((column - start) * cell.width).toFixed(1)}" height="${cell.height}" fill="${paper}"/>`);
		}

		// Blanks at the end are nothing to see.
		const shown = text.trimEnd();
		if (shown !== '') {
			const style = `${first.isBold() ? ' font-weight="bold"' : ''}${first.isDim() ? ' opacity="0.65"' : ''}`;
			out.push(`<text x="${x}" y="${y + 13.5}" fill="${ink}" textLength="${(shown.length * cell.width).toFixed(1)}" xml:space="preserve"${style}>${escapeXml(shown)}</text>`);
		}
	}

	return out.join('');
});

/** An SVG of a terminal of that size that holds `content`. */
export const svgOf = (columns: number, rows: number, content: string): string => {
	const width = Number(((columns * cell.width) + (2 * margin)).toFixed(1));
	const height = (rows * cell.height) + (2 * margin);
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">
<rect width="100%" height="100%" rx="6" fill="${background}"/>
${content}
</svg>
`;
};
