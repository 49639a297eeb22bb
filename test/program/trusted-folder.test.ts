import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {test, type TestContext} from 'node:test';
import {cacheFolder, trustedFolder} from '../../source/program/trusted-folder.js';
import {run} from '../support/program.js';

const temporaryFolder = (context: TestContext): string => {
	const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'ipvstop-launch-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true, force: true});
	});
	return folder;
};

const asRoot = {skip: process.getuid?.() === 0 ? false : 'needs root to give a folder to another user'};
const otherUser = 65_534;

test('a folder of this user is trusted, also beside those of others below a sticky one', context => {
	const folder = temporaryFolder(context);
	assert.equal(trustedFolder(folder), folder);
});

test('a folder that others may write is not trusted, nor is one below it', context => {
	const folder = temporaryFolder(context);
	const below = path.join(folder, 'below');
	fs.mkdirSync(below);
	fs.chmodSync(folder, 0o777);
	assert.equal(trustedFolder(folder), undefined);
	assert.equal(trustedFolder(below), undefined);
	fs.chmodSync(folder, 0o1777);
	assert.equal(trustedFolder(below), below);
});

test('a folder below one of another user is not trusted: that user can put another in its place', asRoot, context => {
	const folder = temporaryFolder(context);
	const below = path.join(folder, 'below');
	fs.mkdirSync(below);
	fs.chownSync(folder, otherUser, otherUser);
	assert.equal(trustedFolder(below), undefined);
});

test('a link is trusted for where it leads, and that is used', context => {
	const folder = temporaryFolder(context);
	const [ours, theirs] = ['ours', 'theirs'].map(name => path.join(folder, name)) as [string, string];
	fs.mkdirSync(ours);
	fs.mkdirSync(theirs);
	fs.chmodSync(theirs, 0o777);
	fs.symlinkSync(ours, path.join(folder, 'to-ours'));
	fs.symlinkSync(theirs, path.join(folder, 'to-theirs'));
	assert.equal(trustedFolder(path.join(folder, 'to-ours')), ours);
	assert.equal(trustedFolder(path.join(folder, 'to-theirs')), undefined);
});

test('the cache is made for this user alone, in XDG_CACHE_HOME or .cache at home', context => {
	const folder = temporaryFolder(context);
	const atHome = cacheFolder({HOME: folder});
	assert.equal(atHome, path.join(folder, '.cache/ipvstop'));
	assert.equal(fs.statSync(atHome).mode & 0o777, 0o700);
	assert.equal(cacheFolder({HOME: '/nonexistent', XDG_CACHE_HOME: folder}), path.join(folder, 'ipvstop'));
});

test('there is no cache where others could read or write it, where it is a link elsewhere, or without a home', context => {
	const folder = temporaryFolder(context);
	const cache = path.join(folder, 'ipvstop');
	fs.mkdirSync(cache);
	fs.chmodSync(cache, 0o755);
	assert.equal(cacheFolder({XDG_CACHE_HOME: folder}), undefined);
	fs.rmdirSync(cache);
	fs.symlinkSync(os.tmpdir(), cache);
	assert.equal(cacheFolder({XDG_CACHE_HOME: folder}), undefined);
	assert.equal(cacheFolder({HOME: path.join(folder, 'nowhere')}), undefined);
	assert.equal(cacheFolder({HOME: 'relative', XDG_CACHE_HOME: ''}), undefined);
	assert.equal(cacheFolder({}), undefined);
	assert.ok(!fs.existsSync('relative'));
});

test('under sudo with the home of the user who called it, nothing is put there', asRoot, async context => {
	const home = temporaryFolder(context);
	fs.chownSync(home, otherUser, otherUser);
	const {code} = await run(['--version'], {environment: {HOME: home}});
	assert.deepEqual([code, fs.readdirSync(home)], [0, []]);
});

test('what is compiled is kept for both threads, and found again', async context => {
	const home = temporaryFolder(context);
	const kept = () => fs.readdirSync(home, {recursive: true, encoding: 'utf8'}).filter(name => fs.statSync(path.join(home, name)).isFile());
	await run(['--help'], {environment: {HOME: home}});
	const forHelp = kept();
	assert.ok(forHelp.length > 3);
	assert.ok(forHelp.every(name => name.startsWith('.cache/ipvstop/')), forHelp.join(' '));
	await run(['--demo', '--list', '--duration', '0'], {environment: {HOME: home}});
	const forList = kept();
	assert.ok(forList.length > forHelp.length + 3);
	await run(['--demo', '--list', '--duration', '0'], {environment: {HOME: home}});
	assert.deepEqual(kept().toSorted(), forList.toSorted());
});
