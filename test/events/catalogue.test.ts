import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import ts from 'typescript';
import {absent, eventKinds, eventNames, events, kindOf} from '../../source/events/catalogue.js';
import {isKind, isName, nameKinds, readTold, writeTold} from '../../source/events/told.js';
import {changeKinds} from '../../source/table/changes.js';

const source = path.join(import.meta.dirname, '../../source');
const outside = fs.readdirSync(source, {recursive: true, encoding: 'utf8'}).filter(file => /\.tsx?$/v.test(file) && !file.startsWith(`events${path.sep}`));

/** Words that name an event and nothing else. The others (`new`, `note`, `source`) are names of other things too. */
const ownNames = new Set(['takeover-account', 'split-brain', 'split-brain-end', 'vip-claimed', absent.name]);
const everyName = new Set<string>(eventNames);

/** Where a text names an event: one that can be nothing else, or that is compared with an event. */
const spelledIn = (file: string): string[] => {
	const found: string[] = [];
	const tree = ts.createSourceFile(file, fs.readFileSync(path.join(source, file), 'utf8'), ts.ScriptTarget.Latest, true);
	const visit = (node: ts.Node) => {
		if (ts.isStringLiteral(node) && everyName.has(node.text)) {
			const {parent} = node;
			const isCompared = ts.isBinaryExpression(parent) && /\bevent\b/v.test(`${parent.left.getText()} ${parent.right.getText()}`);
			const isCase = ts.isCaseClause(parent) && /\bevent\b/v.test(parent.parent.parent.expression.getText());
			if (isCompared || isCase || ownNames.has(node.text)) {
				found.push(`${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1} spells '${node.text}'`);
			}
		} else if (ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression) && /^(?:fields|told|values)$/v.test(node.expression.getText())) {
			found.push(`${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1} reads ${node.getText()} without its type`);
		}

		ts.forEachChild(node, visit);
	};

	visit(tree);
	return found;
};

test('no event is named, and none of its fields is read without a type, but by way of the catalogue', () => {
	assert.deepEqual(outside.flatMap(file => spelledIn(file)), []);
});

test('every event has a name of its own, says what it means, and what each of its fields holds', () => {
	assert.equal(new Set(eventNames).size, eventNames.length);
	for (const {name, doc, required, optional} of [...eventKinds, absent]) {
		assert.match(name, /^[a-z]+(?:-[a-z]+)*$/v);
		assert.match(doc, /^[A-Z].*\.$/v, name);
		for (const [field, {schema}] of Object.entries({...required, ...optional})) {
			assert.match(String(schema['description']), /\.$/v, `${name} ${field}`);
		}

		assert.deepEqual(Object.keys(required).filter(field => Object.hasOwn(optional, field)), [], name);
	}
});

test('letters of the time line are told apart, and so is which of two is seen', () => {
	const marks = eventKinds.flatMap(({mark}) => mark ?? []);
	assert.equal(new Set(marks.map(({letter}) => letter)).size, marks.length);
	assert.equal(new Set(marks.map(({rank}) => rank)).size, marks.length);
});

test('whatever happens to a session is an event', () => {
	assert.deepEqual(changeKinds.filter(kind => kind !== 'none' && kind !== 'held' && kind !== 'aside').filter(kind => kindOf(kind) === undefined), []);
});

test('an event is read as it was told, and is of its kind only', () => {
	const told = readTold(writeTold(events.wireLoss, {address: '10.0.0.2', lost: 3, lostMessages: 16}));
	assert.ok(isKind(told, events.wireLoss));
	assert.equal(told.lost + told.lostMessages, 19);
	assert.equal(isKind(told, events.silent), false);
	assert.equal(isName(told), false);
	assert.deepEqual(told, {event: 'wire-loss', address: '10.0.0.2', lost: 3, lostMessages: 16});
	const name = readTold(writeTold(nameKinds.segment, {index: 0, name: 'eth0'}));
	assert.ok(isName(name) && isKind(name, nameKinds.segment));
	assert.equal(name.name, 'eth0');
});

test('a sentence says what its fields say', () => {
	const who = (address: string) => address === '10.0.0.2' ? 'A (10.0.0.2)' : address;
	assert.equal(events.wireLoss.sentence({address: '10.0.0.2', lost: 1, lostMessages: 16}, who), '1 sync message of A (10.0.0.2) lost before we could hear them; 16 so far');
	assert.equal(events.vipClaimed.sentence({address: '192.0.2.1', mac: '02:00:00:00:00:01', was: '02:00:00:00:00:02'}, who), '192.0.2.1 claimed by 02:00:00:00:00:01, was 02:00:00:00:00:02');
	assert.equal(events.source.sentence({segment: 'eth0', state: 'drops', drops: 4}, who), 'eth0 drops 4');
	assert.equal(events.trigger.toneOf({trigger: 'mail', outcome: 'timeout'}), 'warning');
});
