import {printable} from '../../text/format.js';
import {chartText} from './chart.js';
import {type Block} from './document.js';

/** What a renderer of Markdown, or of the HTML in it, would take for more than a letter; some of it only where a line begins. */
const plain = (text: string): string => printable(text).replaceAll(/[\\`*_\{\}\[\]<>\|~$]|^[#+\-]/gv, String.raw`\$&`).replaceAll('&', String.raw`\&`);

/** Within a fence nothing is special but the fence. */
const fenced = (lines: readonly string[]): string => ['```text', ...lines.map(line => printable(line).replaceAll('`', '\'')), '```'].join('\n');

const words = {good: 'GOOD', warning: 'WARNING', bad: 'BAD', unknown: 'CANNOT TELL'} as const;

const blockText = (block: Block): string => {
	switch (block.kind) {
		case 'title': {
			return `# ${plain(block.text)}`;
		}

		case 'section': {
			return `## ${plain(block.text)}`;
		}

		case 'part': {
			return `### ${plain(block.text)}`;
		}

		case 'paragraph': {
			return plain(block.text);
		}

		case 'evidence': {
			return `Evidence: ${plain(block.text)}`;
		}

		case 'verdict': {
			return `> **${words[block.level]}**: ${plain(block.text)}`;
		}

		case 'list': {
			return block.items.map(item => `- ${plain(item)}`).join('\n');
		}

		case 'table': {
			const row = (cells: readonly string[]) => `| ${cells.map(cell => plain(cell)).join(' | ')} |`;
			return [row(block.columns.map(({title}) => title)), `| ${block.columns.map(({isNumber}) => isNumber ? '---:' : '---').join(' | ')} |`, ...block.rows.map(cells => row(cells))].join('\n');
		}

		case 'chart': {
			return `**${plain(block.chart.title)}**, ${plain(block.chart.unit)}\n\n${fenced(chartText(block.chart))}`;
		}
	}
};

/** A report as a Markdown file, with curves of letters: what shows it rarely shows pictures of its own. */
export const markdownOf = (blocks: readonly Block[]): string => `${blocks.map(block => blockText(block)).join('\n\n')}\n`;
