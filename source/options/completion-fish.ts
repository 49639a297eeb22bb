import {shellText, type CompletionWords} from './completion-words.js';
import {briefOf, options, type Completion} from './option-table.js';

const text = (words: string): string => shellText(words.replaceAll('\\', '\\\\'), '\\\'');

/** Options of `complete` for what follows an option. */
const valueOf = (completes: Completion | undefined, {choices}: CompletionWords): string => {
	switch (completes) {
		case undefined: {
			return '-x';
		}

		case 'file': {
			return '-r -F';
		}

		case 'interface':
		case 'host':
		case 'filter': {
			return `-x -a '(__ipvstop_${completes})'`;
		}

		case 'command': {
			return '-x -a \'(__fish_complete_command)\'';
		}

		case 'sort-key': {
			return `-x -a ${text(choices[completes].join(' '))}`;
		}

		case 'record-fields':
		case 'columns': {
			return `-x -a ${text(`(__ipvstop_list ${choices[completes].join(' ')})`)}`;
		}

		case 'action': {
			return `-x -a ${text(choices[completes].map(word => `${word}=`).join(' '))}`;
		}

		default: {
			return `-x -a ${text(completes.join(' '))}`;
		}
	}
};

/** For fish 3.2 and newer. */
export const fishScript = (words: CompletionWords): string => `# Completion of ipvstop for fish: ipvstop --completion fish > ~/.config/fish/completions/ipvstop.fish

# What is typed of a value, without the quote that begins it.
function __ipvstop_typed
    string replace -r '^--[a-z-]+=' '' -- (commandline -ct) | string replace -r '^[\\'"]' ''
end

function __ipvstop_interface
    printf '%s\\n' any
    for folder in /sys/class/net/*/
        string replace -r '^.*/([^/]+)/$' '$1' -- $folder
    end
end

# NAME=HOST and USER@HOST: what stands before the host stays.
function __ipvstop_host
    set -l typed (__ipvstop_typed)
    set -l before (string replace -r '[^=@]*$' '' -- "$typed")
    for host in (__fish_print_hostnames)
        printf '%s\\n' "$before$host"
    end
end

# Of a list with commas the last part.
function __ipvstop_list
    set -l typed (__ipvstop_typed)
    set -l before (string replace -r '[^,=]*$' '' -- "$typed")
    for word in $argv
        printf '%s\\n' "$before$word"
    end
end

function __ipvstop_filter
    set -l typed (__ipvstop_typed)
    # Of several words in quotes the last.
    set -l before (string replace -r '[^ (!]*$' '' -- "$typed")
    set -l parts (string match -r '([A-Za-z]+)!?=([^ ]*)$' -- "$typed")
    if test (count $parts) -eq 0
        for word in ${words.fields.map(name => `${name}=`).join(' ')} ${words.tests.join(' ')}
            printf '%s\\n' "$before$word"
        end
        return
    end
    switch $parts[2]
${words.values.map(({names, words: some}) => `        case ${names.join(' ')}\n            __ipvstop_list ${some.join(' ')}`).join('\n')}
    end
end

complete -c ipvstop -f
complete -c ipvstop -a '(__ipvstop_filter)'
${options.map(option => [
	'complete -c ipvstop',
	...(option.letter ? [`-s ${option.letter}`] : []),
	`-l ${option.typed.slice(2)}`,
	...(option.argument ? [valueOf(option.completes, words)] : []),
	`-d ${text(briefOf(option))}`,
].join(' ')).join('\n')}
`;
