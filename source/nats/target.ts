/*
Where a log lies on NATS: `nats://HOST[:PORT][,HOST…]/SITE`, `tls://…` for TLS. A sensor names one site, a viewer some, or `*` for all.
A site is one token of a subject: letters, digits, `-` and `_`.
*/

/** Servers of one cluster and the sites that are meant there. */
export type NatsTarget = {
	/** `host:port` each. */
	readonly servers: readonly string[];
	readonly isTls: boolean;
	/** Names of sites; `*` alone: all there are. */
	readonly sites: readonly string[];
};

export const everySite = '*';

const defaultPort = 4222;
const sitePattern = /^[\w\-]{1,64}$/v;
const hostPattern = /^(?:\[[\da-f:.]+\]|[\w.\-]+)(?::(?<port>\d{1,5}))?$/iv;

export const isNatsUrl = (text: string): boolean => /^(?:nats|tls):\/\//v.test(text);

/** The target, or why the text names none: one clause for the end of a message. */
export const parseNatsTarget = (text: string, use: 'sensor' | 'viewer'): NatsTarget | string => {
	const [scheme = '', rest = ''] = text.split('://', 2);
	const slash = rest.indexOf('/');
	const authority = slash === -1 ? rest : rest.slice(0, slash);
	const path = slash === -1 ? '' : rest.slice(slash + 1);
	if (authority.includes('@')) {
		return 'credentials do not belong into an address, which everybody sees in the list of processes: give --nats-creds FILE, or set NATS_CREDS, NATS_USER and NATS_PASSWORD, or NATS_TOKEN';
	}

	const hosts = authority.split(',');
	const servers: string[] = [];
	for (const host of hosts) {
		const found = hostPattern.exec(host);
		const port = Number(found?.groups?.['port'] ?? defaultPort);
		if (!found || port < 1 || port > 65_535) {
			return `'${host}' is no HOST[:PORT]`;
		}

		servers.push(found.groups?.['port'] === undefined ? `${host}:${defaultPort}` : host);
	}

	const sites = path.split(',');
	if (path === '') {
		return `it names no site: ${scheme}://${authority}/SITE`;
	}

	if (use === 'viewer' && path === everySite) {
		return {servers, isTls: scheme === 'tls', sites: [everySite]};
	}

	const wrong = sites.find(site => !sitePattern.test(site));
	if (wrong !== undefined) {
		return `'${wrong}' is no name of a site: letters, digits, - and _, at most 64`;
	}

	return use === 'sensor' && sites.length > 1 ? 'a sensor has one site' : {servers, isTls: scheme === 'tls', sites: [...new Set(sites)]};
};
