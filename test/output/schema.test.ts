import assert from 'node:assert/strict';
import {createInterface} from 'node:readline';
import test from 'node:test';
import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js';
import {eventNames} from '../../source/events/catalogue.js';
import {schema} from '../../source/output/schema.js';
import {capture, run, start} from '../support/program.js';

const captures = [
	'seed-basic.pcap', 'failover-graceful.pcap', 'failover-nopreempt.pcap', 'ipv6-short.pcap', 'persistence.pcap', 'v0.pcap', 'link.eth.pcap',
	'link-vlan.vlan.pcap', 'link.snap96.pcap', 'link.dumpcap.pcapng',
];

type Defs = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Each definition by its name, strict: a field that the schema does not name is an error here, unlike for those who use it. */
const validators = (): Map<string, ValidateFunction> => {
	const ajv = new Ajv2020({allErrors: true, strict: true, allowUnionTypes: true});
	return new Map(Object.entries(schema['$defs'] as Defs).map(([name, definition]) => [name, ajv.compile({...definition, additionalProperties: false})]));
};

const byName = validators();

const problemsOf = (line: string): string[] => {
	const value = JSON.parse(line) as {type: string; event?: string};
	const name = value.type === 'event' ? `event-${value.event}` : value.type;
	const validate = byName.get(name);
	if (!validate) {
		return [`there is no ${name}: ${line}`];
	}

	return validate(value) ? [] : validate.errors!.map(({instancePath, message, params}) => `${name}${instancePath} ${message} ${JSON.stringify(params)}: ${line}`);
};

for (const mode of ['--list', '--records', '--events']) {
	for (const name of captures) {
		test(`every line of ${mode} for ${name} is as the schema says`, async () => {
			const {stdout, code} = await run([mode, '--json', '-r', capture(name)]);
			const lines = stdout.split('\n').filter(Boolean);
			assert.equal(code, 0);
			assert.ok(lines.length > 0);
			assert.deepEqual(lines.flatMap(line => problemsOf(line)).slice(0, 3), []);
		});
	}
}

test('events of the demo are as the schema says', async context => {
	const child = start(['--demo', '--events', '--json']);
	context.after(() => {
		child.kill('SIGKILL');
	});
	const problems: string[] = [];
	let lines = 0;
	for await (const line of createInterface({input: child.stdout!})) {
		problems.push(...problemsOf(line));
		lines++;
		if (lines === 5000) {
			break;
		}
	}

	assert.deepEqual(problems.slice(0, 3), []);
});

test('--json-schema prints the schema, which is one itself and tells the kinds of lines apart', async () => {
	const {stdout, code} = await run(['--json-schema']);
	assert.equal(code, 0);
	assert.ok(stdout.length > 65_536, 'more than a pipe takes at once');
	assert.deepEqual(JSON.parse(stdout), schema);
	const validate = new Ajv2020({allErrors: true, strict: true}).compile(schema);
	const base = {v: 1, type: 'event', time: '2026-11-22T14:02:00.000000Z'};
	assert.equal(validate({...base, event: 'suspend', seconds: 2}), true);
	assert.equal(validate({...base, event: 'suspend', seconds: 2, addedLater: true}), true);
	assert.equal(validate({...base, event: 'suspend'}), false);
	assert.equal(validate({...base, event: 'no such event'}), false);
	assert.equal(validate({...base, v: 2, event: 'suspend', seconds: 2}), false);
	assert.ok(eventNames.length > 15);
});
