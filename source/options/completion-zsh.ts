import {shellText, type CompletionWords} from './completion-words.js';
import {briefOf, options, type Completion, type Option} from './option-table.js';

const text = (words: string): string => shellText(words, '\'\\\'\'');

/** In a specification of `_arguments` brackets end the description and a colon the message. */
const plain = (words: string): string => words.replaceAll(/[\[\]:\\]/gv, String.raw`\$&`);

const actionOf = (completes: Completion | undefined): string => {
	switch (completes) {
		case undefined: {
			return ' ';
		}

		case 'file':
		case 'interface':
		case 'host':
		case 'filter': {
			return `_ipvstop_${completes}`;
		}

		case 'command': {
			return '_cmdstring';
		}

		case 'sort-key':
		case 'record-fields':
		case 'columns':
		case 'action': {
			return `_ipvstop_${completes.replaceAll('-', '_')}`;
		}

		default: {
			return `(${completes.join(' ')})`;
		}
	}
};

/** `'(-w --write)'{-w+,--write=}'[…]:FILE:_files'`, as `_arguments` takes it. */
const specification = (option: Option): string => {
	const {letter, typed, argument, repeatable, completes} = option;
	const forms = [...(letter ? [`-${letter}${argument ? '+' : ''}`] : []), `${typed}${argument ? '=' : ''}`];
	const rest = `[${plain(briefOf(option))}]${argument ? `:${plain(argument)}:${actionOf(completes)}` : ''}`;
	const head = repeatable ? '*' : `(${letter ? `-${letter} ` : ''}${typed})`;
	return forms.length > 1 ? `${text(head)}{${forms.join(',')}}${text(rest)}` : text(`${head}${forms[0]}${rest}`);
};

/** For zsh 5.1 and newer. */
export const zshScript = ({choices, fields, tests, values}: CompletionWords): string => `#compdef ipvstop
# Completion of ipvstop for zsh: ipvstop --completion zsh > a file _ipvstop in a folder of $fpath, or, after compinit,
# source <(ipvstop --completion zsh).

_ipvstop_sort_key() {
	compadd - ${choices['sort-key'].join(' ')}
}

# Of a list with commas the last part.
_ipvstop_record_fields() {
	compset -P '*,'
	compadd -q -S ',' - ${choices['record-fields'].join(' ')}
}

_ipvstop_columns() {
	compset -P '*,'
	compadd -q -S ',' - ${choices.columns.join(' ')}
}

_ipvstop_action() {
	compadd -S '=' - ${choices.action.join(' ')}
}

_ipvstop_interface() {
	compadd - any /sys/class/net/*(N-/:t)
}

# The name before a file or host is free.
_ipvstop_file() {
	compset -P '[[:alnum:]_.-]##='
	_files
}

_ipvstop_host() {
	compset -P '[[:alnum:]_.-]##='
	compset -P '*@'
	if ((\${+functions[_ssh_hosts]})); then
		_ssh_hosts
	else
		_hosts
	fi
}

_ipvstop_filter() {
	local name
	# Of several words in quotes the last.
	compset -P '*[[:space:]]'
	compset -P '[(!]##'
	if [[ $PREFIX == [[:alpha:]]##(|\\!)=* ]]; then
		name=\${PREFIX%%(|\\!)=*}
		compset -P '*='
		compset -P '*,'
		case $name in
${values.map(({names, words}) => `\t\t(${names.join('|')}) compadd - ${words.join(' ')} ;;`).join('\n')}
		esac
	else
		compadd -S '=' - ${fields.join(' ')}
		compadd - ${tests.join(' ')}
	fi
}

_ipvstop() {
	_arguments -s -S : \\
${options.map(option => `\t\t${specification(option)} \\`).join('\n')}
		'*:filter:_ipvstop_filter'
}

if [[ $funcstack[1] == _ipvstop ]]; then
	_ipvstop "$@"
else
	compdef _ipvstop ipvstop
fi
`;
