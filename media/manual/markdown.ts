/* The manual page as Markdown, for who reads it where the sources are: from the requests of roff.ts, and no others. */
const characters: Readonly<Record<string, string>> = {'\\e': '\\', '\\-': '-', '\\(aq': '\'', '\\(dq': '"', '\\(ga': '`', '\\(ha': '^', '\\(ti': '~', '\\&': ''};

const plain = (text: string): string => text.replaceAll(/\\(?:\([a-z]{2}|.)/gv, name => characters[name] ?? name);

/** Bold is typed as it is; what is between is prose, in which nothing is special to Markdown. */
const inline = (text: string): string => text.split(/(\\f[BI].*?\\fR)/v).map(part => {
	const content = plain(part.replaceAll(/\\f[BIR]/gv, ''));
	if (part.startsWith('\\fB')) {
		return content.includes('`') ? `\`\` ${content} \`\`` : `\`${content}\``;
	}

	return part.startsWith('\\fI') ? `*${content.replaceAll(/[\[\]*_\|]/gv, String.raw`\$&`)}*` : content.replaceAll(/[\\<>*_\[\]\|]/gv, String.raw`\$&`);
}).join('');

const capitalized = (text: string): string => `${text[0]}${text.slice(1).toLowerCase()}`;

/** Throws where the page has a request that roff.ts does not make. */
export const markdownOf = (page: string): string => {
	const out: string[] = [];
	let words: string[] = [];
	let lead = '';
	let isHead = false;
	let isExample = false;
	const flush = () => {
		if (words.length > 0) {
			out.push(`${lead}${inline(words.join(' '))}`, '');
			words = [];
			lead = '';
		}
	};

	for (const line of page.trimEnd().split('\n')) {
		const [, request, rest = ''] = /^\.(\\"|[a-zA-Z]+)(?: (.*))?$/v.exec(line) ?? [];
		if (request === undefined) {
			if (isExample) {
				out.push(plain(line));
			} else if (isHead) {
				lead = `- ${inline(line)}: `;
				isHead = false;
			} else {
				words.push(line);
			}

			continue;
		}

		if (request === 'RS' || request === 'RE') {
			continue;
		}

		flush();
		const heading = rest.replaceAll('"', '');
		switch (request) {
			case '\\"':
			case 'PP': {
				break;
			}

			case 'TH': {
				out.push('<!-- Made from the tables of the program by npm run media: not to be edited. -->', '', '# ipvstop(1)', '');
				break;
			}

			case 'SH': {
				out.push(`## ${capitalized(plain(heading))}`, '');
				break;
			}

			case 'SS': {
				out.push(`### ${plain(heading)}`, '');
				break;
			}

			case 'TP': {
				isHead = true;
				break;
			}

			case 'nf': {
				isExample = true;
				out.push('```');
				break;
			}

			case 'fi': {
				isExample = false;
				out.push('```', '');
				break;
			}

			default: {
				throw new RangeError(`No ${request} in Markdown`);
			}
		}
	}

	flush();
	return `${out.join('\n').trimEnd()}\n`;
};
