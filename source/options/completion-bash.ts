import {type CompletionWords} from './completion-words.js';
import {options, type Completion, type Option} from './option-table.js';

/** As patterns of `case`: `-r|--read`. */
const patternOf = (some: readonly Option[]): string => some.flatMap(({letter, typed}) => letter ? [`-${letter}`, typed] : [typed]).join('|');

const handlerOf = (completes: Completion | undefined, {choices}: CompletionWords): string => {
	switch (completes) {
		case undefined: {
			return ':';
		}

		case 'file': {
			return '_ipvstop_files';
		}

		case 'interface': {
			return '_ipvstop_interfaces';
		}

		case 'host': {
			return '_ipvstop_hosts';
		}

		case 'filter': {
			return '_ipvstop_filter';
		}

		case 'command': {
			return 'mapfile -t found < <(compgen -c -- "$value")';
		}

		case 'sort-key': {
			return `_ipvstop_offer ${choices[completes].join(' ')}`;
		}

		case 'record-fields':
		case 'columns': {
			return `_ipvstop_list ${choices[completes].join(' ')}`;
		}

		case 'action': {
			return `_ipvstop_offer ${choices[completes].map(word => `${word}=`).join(' ')}`;
		}

		default: {
			return `_ipvstop_offer ${completes.join(' ')}`;
		}
	}
};

/** One branch for all options whose values are completed alike. */
const branches = (words: CompletionWords): string => {
	const byHandler = Map.groupBy(options.filter(({argument}) => argument), ({completes}) => handlerOf(completes, words));
	return [...byHandler].map(([handler, some]) => `\t\t${patternOf(some)}) ${handler} ;;`).join('\n');
};

/** Letters that a value can follow at once, as in `-ieth0`. */
const attachable = options.flatMap(({letter, argument}) => letter && argument ? [letter] : []).join('');

/** For bash 4.4 and newer, with or without the package bash-completion. */
export const bashScript = (words: CompletionWords): string => `# Completion of ipvstop for bash: source <(ipvstop --completion bash), or a file ipvstop in
# \${XDG_DATA_HOME:-~/.local/share}/bash-completion/completions.

# Offers words for what is typed of a value; \`base\` is what stands before it.
_ipvstop_offer() {
	local word
	for word in "$@"; do
		[[ $word == "$value"* ]] && found+=("$word")
	done
}

# Of a list with commas the last part.
_ipvstop_list() {
	[[ $value == *,* ]] && base+=\${value%,*}, value=\${value##*,}
	_ipvstop_offer "$@"
	space=no
}

_ipvstop_interfaces() {
	local folder
	_ipvstop_offer any
	for folder in /sys/class/net/*/; do
		folder=\${folder%/} folder=\${folder##*/}
		# The kernel allows $ and ; in a name, the shell would put them in as they are.
		[[ $folder == *[!A-Za-z0-9_.:-]* ]] || _ipvstop_offer "$folder"
	done
}

# The name before a file or host is free.
_ipvstop_named() {
	[[ $value =~ ^[A-Za-z0-9_.-]+= ]] && base+=\${BASH_REMATCH[0]} value=\${value#*=}
}

_ipvstop_files() {
	_ipvstop_named
	mapfile -t found < <(compgen -f -- "$value")
	compopt -o filenames
}

_ipvstop_hosts() {
	_ipvstop_named
	[[ $value == *@* ]] && base+=\${value%%@*}@ value=\${value#*@}
	if declare -F _comp_compgen_known_hosts >/dev/null; then
		_comp_compgen_known_hosts -- "$value"
	elif declare -F _known_hosts_real >/dev/null; then
		_known_hosts_real -- "$value"
	else
		mapfile -t COMPREPLY < <(compgen -A hostname -- "$value")
	fi
	found=("\${COMPREPLY[@]}") COMPREPLY=()
}

_ipvstop_filter() {
	# Of several words in quotes the last.
	[[ $value == *' '* ]] && base+="\${value% *} " value=\${value##* }
	while [[ $value == [\\!\\(]* ]]; do
		base+=\${value:0:1} value=\${value:1}
	done
	if [[ $value =~ ^([A-Za-z]+)(=|!=) ]]; then
		base+=\${BASH_REMATCH[0]} value=\${value#*=}
		[[ $value == *,* ]] && base+=\${value%,*}, value=\${value##*,}
		case \${BASH_REMATCH[1]} in
${words.values.map(({names, words: some}) => `\t\t${names.join('|')}) _ipvstop_offer ${some.join(' ')} ;;`).join('\n')}
		esac
	else
		_ipvstop_offer ${words.fields.map(name => `${name}=`).join(' ')}
		_ipvstop_offer ${words.tests.join(' ')}
	fi
}

_ipvstop() {
	# The shell cuts words at = and : as well; here they are whole, as far as they are typed.
	local rest=\${COMP_LINE:0:COMP_POINT} trimmed word i
	local -a line=() found=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		trimmed=\${rest#"\${rest%%[![:space:]]*}"}
		word=\${COMP_WORDS[i]}
		((i == COMP_CWORD)) && word=$trimmed
		if [[ $trimmed == "$rest" ]] && ((i > 0)); then
			line[-1]+=$word
		else
			line+=("$word")
		fi
		rest=\${trimmed#"$word"}
	done

	local current=\${line[-1]} before='' option='' base='' value space=yes quote=''
	((\${#line[@]} > 1)) && before=\${line[-2]}
	[[ $current == [\\'\\"]* ]] && quote=\${current:0:1} current=\${current:1}
	value=$current
	if [[ " \${line[*]:1:\${#line[@]}-2} " == *' -- '* ]]; then
		option=filter
	elif [[ $quote$current == --*=* ]]; then
		option=\${current%%=*} base=\${current%%=*}= value=\${current#*=}
	elif [[ $quote$current == -[${attachable}]?* ]]; then
		option=\${current:0:2} base=\${current:0:2} value=\${current:2}
	elif [[ $before == --* ]]; then
		option=$before
	elif [[ $before == -[!-]* ]]; then
		option=-\${before: -1}
	fi

	case $option in
${branches(words)}
	*)
		if [[ $value == -* && $option != filter ]]; then
			_ipvstop_offer ${options.flatMap(({typed, letter}) => letter ? [typed, `-${letter}`] : [typed]).join(' ')}
		else
			_ipvstop_filter
		fi
		;;
	esac

	# What the shell puts in begins behind the last = or : that it cut at.
	local cut=''
	if [[ $2 == "" ]]; then
		cut=$current
	elif [[ $current == *"$2" ]]; then
		cut=\${current%"$2"}
	fi
	COMPREPLY=()
	for word in "\${found[@]}"; do
		word=$base$word
		COMPREPLY+=("\${word#"$cut"}")
		[[ $word == *= ]] && space=no
	done
	[[ $space == no ]] && compopt -o nospace
	return 0
}

complete -F _ipvstop ipvstop
`;
