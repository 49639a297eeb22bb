import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {type TestContext} from 'node:test';
import {withBroker} from './broker.js';

export const withOpenssl = {...withBroker, skip: withBroker.skip || (fs.existsSync('/usr/bin/openssl') ? false : 'needs openssl')};

/** An authority with a key for `localhost`, in a folder that ends with the test. */
export const createAuthority = (context: TestContext) => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipvstop-tls-'));
	context.after(() => {
		fs.rmSync(folder, {recursive: true});
	});
	const inFolder = (name: string) => path.join(folder, name);
	const openssl = (...words: readonly string[]) => execFileSync('openssl', words, {cwd: folder, stdio: 'pipe'});
	openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-subj', '/CN=authority', '-days', '30');
	openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=broker', '-addext', 'subjectAltName=DNS:localhost');
	// A certificate that ran out when it was made: `x509 -req` knows whole days only, `ca` knows moments.
	fs.writeFileSync(inFolder('index'), '');
	fs.writeFileSync(inFolder('serial'), '01\n');
	fs.writeFileSync(inFolder('ca.conf'), '[ca]\ndefault_ca=own\n[own]\ndatabase=index\nserial=serial\nnew_certs_dir=.\npolicy=any\ndefault_md=sha256\ncopy_extensions=copy\nunique_subject=no\n[any]\ncommonName=supplied\n');
	return {
		/** The authority's own certificate. */
		ca: inFolder('ca.pem'),
		key: inFolder('key.pem'),
		/** A certificate for the key, for a span of time as openssl writes it. Gives its file. */
		sign(name: string, from: string, to: string): string {
			openssl('ca', '-batch', '-config', 'ca.conf', '-cert', 'ca.pem', '-keyfile', 'ca-key.pem', '-in', 'request.pem', '-out', name, '-startdate', from, '-enddate', to, '-notext');
			return inFolder(name);
		},
	};
};
