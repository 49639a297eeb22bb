import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {caretLines} from '../../source/filter/expression.js';
import {fieldNames, fields} from '../../source/filter/fields.js';
import {formatFilter} from '../../source/filter/format-filter.js';
import {parseFilter} from '../../source/filter/parser.js';
import {filterText} from './filter-texts.js';

const canonical = (text: string): string => {
	const parsed = parseFilter(text);
	assert.ok(parsed.ok, parsed.ok ? '' : `${text}: ${parsed.message}`);
	return formatFilter(parsed.expression);
};

/** An expression without the places where its parts stood. */
const withoutPlaces = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (key, inner: unknown) => key === 'at' || key === 'length' ? undefined : inner));

const meanings: ReadonlyArray<readonly [text: string, canonical: string]> = [
	['203.0.113.9', 'addr=203.0.113.9'],
	['203.0.', 'addr=203.0.0.0/16'],
	['203.0.113', 'addr=203.0.113.0/24'],
	['2001:db8:', 'addr=2001:db8::/32'],
	['2001:db8::10', 'addr=2001:db8::10'],
	['10.0.0.0/8', 'addr=10.0.0.0/8'],
	['10.1.2.3/8', 'addr=10.0.0.0/8'],
	['client=10.0.0.0/8,192.168.0.0/16', 'client=10.0.0.0/8,192.168.0.0/16'],
	[':443', 'port=443'],
	['::1', 'addr=::1'],
	['vport=80,443', 'vport=80,443'],
	['vport = 80 , 443', 'vport=80,443'],
	['cport=1024-5000', 'cport=1024-5000'],
	['192.0.2.10:443', 'addr=192.0.2.10:443'],
	['[2001:db8::10]:443', 'addr=[2001:db8::10]:443'],
	['1.2.3.4,5.6.7.8,web', 'addr=1.2.3.4,5.6.7.8,web'],
	['vip=:443', 'virtual=:443'],
	['vip=192.0.2.10:443 !state=tw', 'virtual=192.0.2.10:443 !state=time_wait'],
	['state!=est,tw exp<30s', 'state!=established,time_wait expires<30s'],
	['(vip=web or vip=api) rs~"^10\\.9\\.0\\."', '(virtual=web or virtual=api) real~^10\\.9\\.0\\.'],
	['vip=[2001:db8::10]:443 client=2001:db8::/32', 'virtual=[2001:db8::10]:443 client=2001:db8::/32'],
	['ranout age>15m', 'ranout age>15m'],
	['moved dir=dir2', 'moved director=dir2'],
	['fate=risk vip=db', 'fate=risk virtual=db'],
	['fwmark=0x1/0xff flag=template', 'fwmark=0x1/0xff flags=template'],
	['event=expired vip=192.0.2.10:443 rs=10.9.0.11', 'event=expired virtual=192.0.2.10:443 real=10.9.0.11'],
	['event=takeover', 'event=takeover'],
	['EST', 'state=established'],
	['time-wait', 'state=time_wait'],
	['udp', 'proto=udp'],
	['proto=50', 'proto=esp'],
	['fin', 'fin'],
	['"new"', '\'new\''],
	['"a "', '\'a \''],
	['new NEW Marked', 'new new marked'],
	['a b or c', 'a b or c'],
	['a && b || not c', 'a b or !c'],
	['!(a or b) c', '!(a or b) c'],
	['!!a', 'a'],
	['((a))', 'a'],
	['exp=90', 'expires=1m30s'],
	['age>=1.5s idle<500ms timeout=2h-1d', 'age>=1s500ms idle<500ms timeout=2h-1d'],
	['fwd=dr,masquerade', 'forward=route,masq'],
	['template=yes', 'template=true'],
	['was=est was=10.9.0.11', 'was=established was=10.9.0.11'],
	['PEDATA~call', 'peData~call'],
	['segment="a b"', 'segment=\'a b\''],
	['', ''],
	[' '.repeat(3), ''],
];

for (const [text, expected] of meanings) {
	test(`\`${text}\` is read as \`${expected}\``, () => {
		assert.equal(canonical(text), expected);
	});
}

test('every spelling of every field is understood in any case', () => {
	const value = {
		address: '192.0.2.1', port: '80', proto: 'tcp', state: 'est', duration: '3s', count: '3', mark: '3', text: 'x', forward: 'masq', flag: 'inactive',
		truth: 'true', event: 'new', was: 'est', fate: 'kept', account: 'heard',
	} as const;
	for (const name of fieldNames) {
		for (const spelling of [name, ...fields[name].aliases ?? []]) {
			assert.ok(canonical(`${spelling.toUpperCase()}=${value[fields[name].type]}`).startsWith(`${name}=`), spelling);
		}
	}
});

test('every operator is read, and == is =', () => {
	assert.equal(canonical('upd=1 upd==1 upd!=1 upd<1 upd<=1 upd>1 upd>=1 rs~a rs!~a'), 'updates=1 updates=1 updates!=1 updates<1 updates<=1 updates>1 updates>=1 real~a real!~a');
});

const wrong: ReadonlyArray<readonly [text: string, carets: string, message: RegExp]> = [
	['est vipp=1.2.3.4', '    ^^^^', /unknown field vipp; did you mean vip\?/v],
	['state=foo', '      ^^^', /unknown state foo; the states are none established/v],
	['state=estabished', '      ^^^^^^^^^^', /did you mean established\?/v],
	['state=syn', '      ^^^', /syn_sent, syn_recv, synack/v],
	['client=10.0.0.0/33', '       ^^^^^^^^^^^', /\/33 is not a prefix length; 0 to 32/v],
	['client=10.0.0/8/8', '       ^^^^^^^^^^', /prefix length/v],
	['300.1.2.3', '^^^^^^^^^', /not an IPv4 address/v],
	['client=1.2.3.4:70000', '       ^^^^^^^^^^^^^', /:70000 is not a port/v],
	['client=2001:db8::1:::443', '       ^^^^^^^^^^^^^^^^^', /not an IPv6 address/v],
	['vip=[::1', '    ^^^^', /\[2001:db8::1\]:443/v],
	['vip=10.0.0.0/8:443', '    ^^^^^^^^^^^^^^', /test of its own/v],
	['vip=443', '    ^^^', /write :443 for a port/v],
	['443', '^^^', /write :443 for a port/v],
	['segment="abc', '        ^^^^', /never closed/v],
	['(a or b', '^', /this \( is never closed/v],
	['a or b)', '      ^', /this \) was never opened/v],
	['()', ' ^', /a test is expected/v],
	['a or', '    ^', /a test is expected, and the end/v],
	['or a', '^^', /a test is expected, and or/v],
	['vip=', '    ^', /needs a value/v],
	['vport=80,', '         ^', /missing after the comma/v],
	['a,b', ' ^', /lists and operators belong to a field/v],
	['a & b', '  ^', /single &/v],
	['a | b', '  ^', /write or/v],
	['=3', '^', /needs a field before it/v],
	['exp~3', '   ^', /~ is for text/v],
	['state<est', '     ^', /has no order/v],
	['exp<30s,1m', '       ^', /one value, not a list/v],
	['exp<10s-20s', '    ^^^^^^^', /takes one number/v],
	['exp<3x', '    ^^', /not a duration/v],
	['cport=5000-1024', '      ^^^^^^^^^', /not a port/v],
	['upd=x', '    ^', /not a number/v],
	['fwmark=1/', '       ^^', /not a mark/v],
	['flag=templat', '     ^^^^^^^', /did you mean template\?/v],
	['event=takover', '      ^^^^^^^', /did you mean takeover\?/v],
	['fate=lost', '     ^^^^', /there is kept risk unknown/v],
	['fwd=x', '    ^', /masq local tunnel route bypass/v],
	['proto=tpc', '      ^^^', /did you mean tcp\?/v],
	['template=maybe', '         ^^^^^', /neither true nor false/v],
	['rs~"("', '   ^^^', /not a pattern: Unterminated group/v],
	['rs~"(a)\\1"', '   ^^^^^^^', /references back/v],
	['client', '^^^^^^', /write client=/v],
];

for (const [text, carets, message] of wrong) {
	test(`\`${text}\` is refused at its place`, () => {
		const parsed = parseFilter(text);
		assert.ok(!parsed.ok);
		assert.match(parsed.message, message);
		assert.deepEqual(caretLines(text, parsed), [text, carets]);
	});
}

test('a caret stands under a character also behind wide ones and tabs', () => {
	assert.deepEqual(caretLines('\t𝔸 x=1', {column: 4, length: 1}), [' 𝔸 x=1', '   ^']);
});

test('what is too much is refused with its bound', () => {
	for (const text of [
		'('.repeat(100) + 'a' + ')'.repeat(100), 'a '.repeat(300), `vport=${'1,'.repeat(1001)}1`, 'a'.repeat(301), 'x '.repeat(10_000), `rs~"${'a'.repeat(201)}"`,
	]) {
		const parsed = parseFilter(text);
		assert.ok(!parsed.ok);
		assert.match(parsed.message, /deeper than 50|more than 250|more than 1000|at most/v);
	}

	assert.ok(parseFilter('!'.repeat(5000) + 'a').ok);
});

test('the canonical text of a filter is read as the same filter', () => {
	fc.assert(fc.property(filterText, text => {
		const first = parseFilter(text);
		assert.ok(first.ok, first.ok ? '' : `${text}: ${first.message}`);
		const again = parseFilter(formatFilter(first.expression));
		assert.ok(again.ok, again.ok ? '' : `${formatFilter(first.expression)}: ${again.message}`);
		assert.deepEqual(withoutPlaces(again.expression), withoutPlaces(first.expression));
	}), {numRuns: 1000});
});

const pieces = [
	'(', ')', '!', ',', '=', '!=', '~', '!~', '<', '>=', '"', '\'', '\\', ' ', 'and', 'or', 'not', 'vip', 'client', 'exp', 'state', 'est', '10.0.0.0/8', '203.0.', ':443', '[::1]:443',
	'30s', '1-2', '0x1/0xff', 'new', '&&', '||', '&', '[', ']', ':', '.', '/', '*', '+', '$', '^', '\n', '\0', '\uD83D', 'é',
];

test('no text makes the parser throw, and every error lies within the text or at its end', () => {
	const text = fc.oneof(fc.string({unit: 'binary', maxLength: 200}), fc.array(fc.constantFrom(...pieces), {maxLength: 60}).map(parts => parts.join('')));
	fc.assert(fc.property(text, typed => {
		const parsed = parseFilter(typed);
		if (parsed.ok) {
			const again = parseFilter(formatFilter(parsed.expression));
			assert.ok(again.ok);
			assert.deepEqual(withoutPlaces(again.expression), withoutPlaces(parsed.expression));
		} else {
			assert.ok(parsed.column >= 0 && parsed.column <= typed.length && parsed.length > 0);
			assert.equal(caretLines(typed, parsed).length, 2);
		}
	}), {numRuns: 5000});
});
