import assert from 'node:assert/strict';
import test from 'node:test';
import {recordFieldNames} from '../../source/output/records.js';
import {capture, run} from '../support/program.js';

for (const name of ['persistence.pcap', 'v0.pcap', 'ipv6-short.pcap', 'link-vlan.vlan.pcap', 'link.snap96.pcap']) {
	test(`JSON and tab-separated fields say the same of every record of ${name}`, async () => {
		const json = await run(['--records', '--json', '-r', capture(name)]);
		const tabbed = await run(['--records', '--fields', recordFieldNames.join(','), '-r', capture(name)]);
		const lines = json.stdout.split('\n').filter(Boolean).map(line => JSON.parse(line) as Record<string, string | number | boolean | string[]>);
		assert.ok(lines.length > 5);
		assert.deepEqual(
			lines.map(line => recordFieldNames.map(field => String(line[field] ?? '')).join('\t')),
			tabbed.stdout.split('\n').slice(0, -1),
		);
		assert.ok(lines.every(line => Object.keys(line).slice(2).every(field => recordFieldNames.includes(field))));
	});
}
