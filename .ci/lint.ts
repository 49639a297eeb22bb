/*
What of xo's rules does not hold here, and why. A rule stays off only where code that follows it would be longer, slower
or further from the kernel's own words; everything else is xo as it comes.
*/
import {type FlatXoConfig} from 'xo';

/** Rules that do not hold, by name. */
const off = (...rules: readonly string[]): Record<string, 'off'> => Object.fromEntries(rules.map(rule => [rule, 'off']));

const config: FlatXoConfig = [
	{
		name: 'code only: captures are data, manifests and prose have their own order',
		ignores: ['test/captures', '**/*.md', '**/*.json'],
	},
	{
		name: 'octets, flags and hashes are what this code is made of; hexadecimal is written as the kernel writes it',
		rules: {
			...off('no-bitwise', 'unicorn/prefer-math-trunc', '@stylistic/no-mixed-operators', 'unicorn/prefer-code-point', 'no-control-regex', 'regexp/no-control-character'),
			'unicorn/number-literal-case': ['error', {hexadecimalValue: 'lowercase'}],
		},
	},
	{
		name: 'names are those of the kernel, of keepalived and of errno: master, vaddr, conn, ENOENT',
		rules: off('unicorn/name-replacements', 'unicorn/consistent-boolean-name', '@typescript-eslint/naming-convention'),
	},
	{
		name: 'checks stand in the kernel\'s order, and loops per packet are shaped by measurement',
		rules: {
			...off(
				'unicorn/prefer-simple-condition-first',
				'unicorn/prefer-early-return',
				'unicorn/prefer-continue',
				'unicorn/prefer-ternary',
				'unicorn/prefer-math-min-max',
				'unicorn/prefer-includes-over-repeated-comparisons',
				'unicorn/no-declarations-before-early-exit',
				'unicorn/no-break-in-nested-loop',
				'unicorn/no-nested-ternary',
				'unicorn/prefer-switch',
				'unicorn/prefer-combined-guards',
				'unicorn/no-duplicate-loops',
				'unicorn/prefer-iterator-to-array',
				'no-unmodified-loop-condition',
				'no-await-in-loop',
				'max-params',
				'complexity',
			),
			'@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
		},
	},
	{
		name: 'a short expression is not spelled out: nested calls, a reducer, a callback by its name, a ternary',
		rules: off(
			'unicorn/max-nested-calls',
			'unicorn/no-array-callback-reference',
			'unicorn/no-array-reduce',
			'unicorn/no-return-array-push',
			'unicorn/no-negated-array-predicate',
			'unicorn/prefer-minimal-ternary',
			'unicorn/prefer-split-limit',
			'unicorn/prefer-spread',
			'no-return-assign',
		),
	},
	{
		name: 'what Node, libpcap and the terminal hand over is taken as it is: globals, Buffers, ASCII, empty strings, null; own and borrowed objects are written into',
		rules: off(
			'@typescript-eslint/strict-boolean-expressions',
			'@typescript-eslint/prefer-nullish-coalescing',
			'@typescript-eslint/no-restricted-types',
			'@typescript-eslint/no-empty-function',
			'@typescript-eslint/no-unnecessary-type-assertion',
			'unicorn/no-unsafe-buffer-conversion',
			'unicorn/prefer-number-is-safe-integer',
			'n/prefer-global/process',
			'n/prefer-global/buffer',
			'unicorn/no-array-sort',
			'unicorn/no-computed-property-existence-check',
		),
	},
	{
		name: 'a pattern reads as the line that it matches: ASCII alone, groups by place',
		rules: off(
			'require-unicode-regexp',
			'regexp/no-super-linear-move',
			'regexp/prefer-named-capture-group',
			'regexp/sort-character-class-elements',
			'regexp/letter-case',
			'regexp/unicode-property',
			'unicorn/prefer-string-raw',
			'unicorn/prefer-unicode-code-point-escapes',
		),
	},
	{
		name: 'a docstring of one line stays on its line, a comment may begin with a field\'s name, a list breaks where it is long',
		rules: off(
			'unicorn/single-line-block-comment-style',
			'capitalized-comments',
			'@stylistic/object-curly-newline',
			'@stylistic/array-element-newline',
			'@stylistic/function-call-argument-newline',
			'@stylistic/max-len',
			'xo/import-specifier-newline',
		),
	},
	{
		name: 'fields of a record are asked for by the name that its schema has',
		rules: off('@typescript-eslint/dot-notation'),
	},
	{
		name: 'a program for the terminal: it exits with documented codes, and an old Node parses its launcher',
		files: ['source/**/*.{ts,tsx}', '.ci/*.ts'],
		rules: off('unicorn/no-process-exit', 'unicorn/prefer-top-level-await', 'unicorn/no-top-level-side-effects'),
	},
	{
		name: 'node:test awaits its tests itself, parsed output is checked by asserting, and a table of cases is a loop',
		files: ['test/**/*.{ts,tsx}', 'media/**/*.{ts,tsx}'],
		rules: off(
			'@typescript-eslint/no-floating-promises',
			'@typescript-eslint/no-unsafe-assignment',
			'@typescript-eslint/no-unsafe-member-access',
			'@typescript-eslint/no-loop-func',
			'@typescript-eslint/strict-void-return',
			'node-test/no-conditional-assertion',
			'node-test/require-assertion',
			'node-test/no-import-test-files',
			'node-test/prefer-test-context-assert',
			'node-test/consistent-test-context-name',
			'node-test/no-compound-assertion',
			'node-test/prefer-assert-throws',
			'node-test/no-export',
			'unicorn/prefer-promise-with-resolvers',
			'unicorn/no-unused-builtin-method-return',
			'unicorn/no-unreadable-array-destructuring',
			'unicorn/no-top-level-side-effects',
			'unicorn/no-process-exit',
		),
	},
];

export default config;
