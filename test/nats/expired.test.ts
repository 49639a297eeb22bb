import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {nkeys} from '@nats-io/transport-node';
import {openLink, secretsOf, type LinkState} from '../../source/nats/connection.js';
import {startBroker, withBroker} from './broker.js';

const base64 = (octets: Uint8Array | string): string => Buffer.from(octets).toString('base64url');

/** A token as `nsc` makes them: claims of one key about another, signed. */
const tokenOf = (issuer: nkeys.KeyPair, subject: nkeys.KeyPair, nats: Record<string, unknown>, claims: Record<string, unknown> = {}): string => {
	const head = base64(JSON.stringify({typ: 'JWT', alg: 'ed25519-nkey'}));
	const body = base64(JSON.stringify({jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name: 'test', nats: {version: 2, ...nats}, ...claims}));
	return `${head}.${body}.${base64(issuer.sign(new TextEncoder().encode(`${head}.${body}`)))}`;
};

test('credentials that run out while they are used, and those that have, are told as what they are', withBroker, async context => {
	const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
	const accountToken = tokenOf(operator, account, {type: 'account', limits: {subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1}});
	const broker = await startBroker(context, `operator: ${tokenOf(operator, operator, {type: 'operator'})}\nresolver: MEMORY\nresolver_preload: {${account.getPublicKey()}: ${accountToken}}`, {hasStore: false});
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-creds-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true});
	});
	const credsFile = path.join(folder, 'user.creds');
	const seed = new TextDecoder().decode(user.getSeed());
	const runsOut = Math.floor(Date.now() / 1000) + 5;
	const token = tokenOf(account, user, {type: 'user', subs: -1, data: -1, payload: -1}, {exp: runsOut});
	fs.writeFileSync(credsFile, `-----BEGIN NATS USER JWT-----\n${token}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`);

	const states: LinkState[] = [];
	const {promise: isRefused, resolve} = Promise.withResolvers<void>();
	const link = openLink({
		target: {servers: [`127.0.0.1:${broker.port}`], isTls: false, sites: ['rack1']}, secrets: {...secretsOf({}), credsFile}, name: 'test',
		onState(state) {
			states.push(state);
			if (state.state === 'refused') {
				resolve();
			}
		},
	});
	context.after(async () => link.close());
	await isRefused;
	assert.deepEqual(states.map(({state}) => state).slice(0, 2), ['connecting', 'connected']);
	assert.match(states.find(({state}) => state === 'refused')!.detail, /^the credentials have expired/v);

	// Who comes with them afterwards is let in no more.
	const late = Promise.withResolvers<LinkState>();
	const second = openLink({
		target: {servers: [`127.0.0.1:${broker.port}`], isTls: false, sites: ['rack1']}, secrets: {...secretsOf({}), credsFile}, name: 'late',
		onState(state) {
			if (state.state === 'refused') {
				late.resolve(state);
			}
		},
	});
	context.after(async () => second.close());
	const {detail} = await late.promise;
	assert.match(detail, /^the server does not accept these credentials|^the credentials have expired/v);
});
