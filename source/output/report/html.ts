import {printable} from '../../text/format.js';
import {chartSvg, figureOf, swatchSvg} from './chart.js';
import {type Block} from './document.js';

const entities: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;'};

/** Text from the wire or a file, harmless in a page: no markup, no controls, nothing that turns the direction. */
const escape = (text: string): string => printable(text).replaceAll(/[&<>"']/gv, character => entities[character]!);

const words = {good: 'Likely kept', warning: 'Some lost', bad: 'Sessions lost', unknown: 'Cannot tell'} as const;

/** Paper and dark rooms included. Colours are the reader's system's where it has a choice. */
const style = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--faint:#5b6570;--rule:#d5dae0;--band:#f4f6f8;--good:#1a7f37;--warning:#8a6100;--bad:#c1121f;--unknown:#5a4a9c;
--c0:#0b63b5;--c1:#c2500a;--c2:#1a7f57;--c3:#9a3b9a;--c4:#8a6d00;--c5:#0a8299;--c6:#b3245b;--c7:#5b6570}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e4e8ec;--faint:#9aa5b1;--rule:#343b44;--band:#1d2228;--good:#57c27a;--warning:#e0b345;--bad:#ff7b72;--unknown:#b3a4f0;
--c0:#6cb1ff;--c1:#ff9d5c;--c2:#5fd3a2;--c3:#e08be0;--c4:#e0c04c;--c5:#58cfe4;--c6:#ff86b0;--c7:#9aa5b1}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:62rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}
h2{font-size:1.2rem;margin:2.25rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--rule)}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0;overflow-wrap:anywhere}
.evidence{color:var(--faint);font-size:.9rem}
.verdict{margin:.75rem 0;padding:.6rem .9rem;border-left:.35rem solid var(--unknown);background:var(--band);overflow-wrap:anywhere}
.verdict b{display:block;color:var(--unknown)}
.good{border-color:var(--good)}.good b{color:var(--good)}.warning{border-color:var(--warning)}.warning b{color:var(--warning)}.bad{border-color:var(--bad)}.bad b{color:var(--bad)}
ul{padding-left:1.25rem}li{margin:.2rem 0;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{padding:.3rem .5rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th{color:var(--faint);font-weight:600;white-space:nowrap}
td{font-variant-numeric:tabular-nums}
td:not(:last-child){white-space:nowrap}
.number{text-align:right;white-space:nowrap}
figure{margin:1.25rem 0}
figcaption{font-weight:600;margin-bottom:.25rem}figcaption span{font-weight:400;color:var(--faint)}
svg{display:block;width:100%;height:auto}
.grid{stroke:var(--rule);fill:none}.axis{fill:var(--faint);font:11px system-ui,sans-serif}
.line{fill:none;stroke-width:1.75;stroke-linejoin:round}
.mark path{stroke:var(--bad);stroke-width:1;stroke-dasharray:3 2}.mark text{fill:var(--bad);font:600 12px system-ui,sans-serif}
${Array.from({length: 8}, (_, index) => `.c${index}{stroke:var(--c${index})}`).join('')}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.25rem;list-style:none;padding:0;margin:.35rem 0 0;font-size:.85rem}
.legend li{display:flex;align-items:center;gap:.4rem;margin:0}.swatch{width:1.75rem;height:.5rem;flex:none}
@media print{:root{--paper:#fff;--ink:#000;--faint:#444;--rule:#bbb;--band:#fff;--good:#000;--warning:#000;--bad:#000;--unknown:#000;
--c0:#000;--c1:#333;--c2:#000;--c3:#333;--c4:#000;--c5:#333;--c6:#000;--c7:#333}
body{max-width:none;padding:0;font-size:10.5pt}figure,tr,.verdict{break-inside:avoid}h2,h3{break-after:avoid}thead{display:table-header-group}.wide{overflow:visible}.verdict{border:1px solid #000;border-left-width:.35rem}}
`.trim();

const blockHtml = (block: Block): string => {
	switch (block.kind) {
		case 'title': {
			return `<h1>${escape(block.text)}</h1>`;
		}

		case 'section': {
			return `<h2>${escape(block.text)}</h2>`;
		}

		case 'part': {
			return `<h3>${escape(block.text)}</h3>`;
		}

		case 'paragraph': {
			return `<p>${escape(block.text)}</p>`;
		}

		case 'evidence': {
			return `<p class="evidence">Evidence: ${escape(block.text)}</p>`;
		}

		case 'verdict': {
			return `<div class="verdict ${block.level}"><b>${words[block.level]}</b>${escape(block.text)}</div>`;
		}

		case 'list': {
			return `<ul>${block.items.map(item => `<li>${escape(item)}</li>`).join('')}</ul>`;
		}

		case 'table': {
			const {columns, rows} = block;
			const cell = (tag: 'td' | 'th', text: string, index: number) => `<${tag}${columns[index]?.isNumber ? ' class="number"' : ''}>${escape(text)}</${tag}>`;
			return `<div class="wide"><table><thead><tr>${columns.map(({title}, index) => cell('th', title, index)).join('')}</tr></thead>\n<tbody>${rows
				.map(row => `<tr>${row.map((text, index) => cell('td', text, index)).join('')}</tr>`).join('\n')}</tbody></table></div>`;
		}

		case 'chart': {
			const {chart} = block;
			const legend = chart.lines.map(({name, values}, index) => `<li>${swatchSvg(index)}${escape(name)}, at most ${figureOf(Math.max(0, ...values))}</li>`).join('');
			return `<figure><figcaption>${escape(chart.title)} <span>${escape(chart.unit)}</span></figcaption>${chartSvg(chart, escape)}<ul class="legend">${legend}</ul></figure>`;
		}
	}
};

/** A report as one page that needs nothing beside it, and may load nothing. */
export const htmlOf = (blocks: readonly Block[]): string => {
	const title = blocks.flatMap(block => block.kind === 'title' ? [block.text] : [])[0] ?? '';
	return [
		'<!doctype html>', '<html lang="en">', '<head>', '<meta charset="utf-8">', '<meta name="viewport" content="width=device-width,initial-scale=1">',
		'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
		`<title>${escape(title)}</title>`, `<style>${style}</style>`, '</head>', '<body>', ...blocks.map(block => blockHtml(block)), '</body>', '</html>', '',
	].join('\n');
};
