import fc from 'fast-check';

/** Texts of valid filters over sessions, whose values meet those of small tables often. */
const values: Readonly<Record<string, readonly string[]>> = {
	client: ['203.0.113.9', '203.0.113.0/28', '203.0.', '2001:db8::/32', '2001:db8::1', '203.0.113.9:40000', ':40000-40002', '0.0.0.0/0', '::/0', 'people', '[2001:db8::1]:40001', '198.51.100.7/31'],
	vip: ['192.0.2.10', '192.0.2.10:443', ':80', 'web', '192.0.2.8/30', '2001:db8::/16', '0.0.0.7'],
	rs: ['10.9.0.11', '10.9.0.', '10.9.0.11:443', ':8443', '10.0.0.0/8'],
	addr: ['10.9.0.11', 'web', '203.0.', '::/0', '192.0.2.10:80'],
	port: ['443', '40000', '80-443', '8443'],
	cport: ['40000', '40001-50000', '0'],
	vport: ['443', '80-100'],
	rport: ['443', '8443'],
	proto: ['tcp', 'udp', 'sctp', 'ip', '6', 'esp'],
	state: ['est', 'tw', 'fin', 'none', 'udp', 'assured', 'established', 'closed', 'init', 'err'],
	forward: ['masq', 'route', 'dr', 'local', 'tun'],
	fwmark: ['0', '7', '0x1/0x1', '7/0xff'],
	flags: ['inactive', 'template', 'noout', 'nocport', 'nfct', 'ill-formed', 'partial', 'other', 'sync', 'outseq'],
	template: ['true', 'false'],
	pe: ['sip', 'x'],
	peData: ['a@b', 'c'],
	timeout: ['15m', '30s', '10s-2m', '0'],
	exp: ['30s', '1m-20m', '900', '500ms', '0s'],
	age: ['5s', '0s', '1s-10s', '1500ms'],
	idle: ['5s', '0', '2s-3s'],
	upd: ['1', '2-3', '0'],
	dir: ['dir1', 'dir2', '192.0.2.2', '192.0.2.0/24', 'a', 'nobody'],
	directors: ['dir1', 'b', '192.0.2.2'],
	sent: ['dir1', 'dir2', '192.0.2.3'],
	segment: ['eth0', 'ETH1', 'x'],
	syncid: ['51', '0-60', '52'],
	version: ['0', '1'],
};
const ordered = new Set(['port', 'cport', 'vport', 'rport', 'fwmark', 'timeout', 'exp', 'age', 'idle', 'upd', 'syncid', 'version']);
const patterned: Readonly<Record<string, readonly string[]>> = {
	client: ['"^203\\."', ':4000[01]$', '^\\[2001'], vip: ['^192', '":(80|443)$"'], rs: ['11', '^10\\.9'], addr: ['^10'], state: ['wait', '^est'], dir: ['dir', '^192'],
	segment: ['eth', '0$'], proto: ['t?cp', 'ud'], forward: ['ma', '^r'], flags: ['inact', 'seq'], peData: ['a@', '.'], directors: ['1$'], sent: ['dir'],
};

const singles = (field: string): string[] => values[field]!.filter(value => !/\d[ms]*-\d|\/0x/v.test(value));

const testText = fc.constantFrom(...Object.keys(values)).chain(field => fc.oneof(
	{weight: 4, arbitrary: fc.tuple(fc.constantFrom('=', '!=', '=='), fc.uniqueArray(fc.constantFrom(...values[field]!), {minLength: 1, maxLength: 3})).map(([operator, list]) => `${field}${operator}${list.join(',')}`)},
	{weight: ordered.has(field) ? 3 : 0, arbitrary: fc.tuple(fc.constantFrom('<', '<=', '>', '>='), fc.constantFrom(...singles(field), '3')).map(([operator, value]) => `${field}${operator}${value}`)},
	{weight: patterned[field] ? 2 : 0, arbitrary: fc.tuple(fc.constantFrom('~', '!~'), fc.constantFrom(...patterned[field] ?? ['x'])).map(([operator, value]) => `${field}${operator}${value}`)},
));

const wordText = fc.constantFrom('new', 'moved', 'template', 'open', 'ranout', 'est', 'fin', 'tcp', 'web', 'people', '203.0.', ':443', '10.9.0.11', '2001:db8:', '192.0.2.10:443', 'marked');

export const filterText: fc.Arbitrary<string> = fc.letrec<{expression: string}>(tie => ({
	expression: fc.oneof(
		{maxDepth: 4, withCrossShrink: true},
		{weight: 4, arbitrary: testText},
		{weight: 2, arbitrary: wordText},
		{weight: 2, arbitrary: fc.tuple(tie('expression'), fc.constantFrom(' ', ' and ', ' or ', ' || '), tie('expression')).map(parts => parts.join(''))},
		{weight: 1, arbitrary: tie('expression').map(text => `!(${text})`)},
		{weight: 1, arbitrary: tie('expression').map(text => `(${text})`)},
	),
})).expression;
