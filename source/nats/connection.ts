import {readFileSync} from 'node:fs';
import {connect, credsAuthenticator, tokenAuthenticator, usernamePasswordAuthenticator, type Authenticator, type NatsConnection} from '@nats-io/transport-node';
import {createPause} from './pause.js';
import {type NatsTarget} from './target.js';

/** What a connection is doing, for the screen, events and metrics; `detail` says why, '' when there is nothing to say. */
export type LinkState = {readonly state: 'connecting' | 'connected' | 'away' | 'refused'; readonly detail: string};

export type NatsSecrets = {
	/** A file as `nsc` writes it: JWT and seed. */
	readonly credsFile: string | undefined;
	readonly user: string | undefined;
	readonly password: string | undefined;
	readonly token: string | undefined;
	/** Files in PEM: the authority that signed the server's certificate, and our own certificate and key where it asks for them. */
	readonly ca: string | undefined;
	readonly cert: string | undefined;
	readonly key: string | undefined;
};

/** The variables are those of the `nats` command. */
export const secretsOf = (environment: Readonly<Record<string, string | undefined>>, credsFile?: string): NatsSecrets => ({
	credsFile: credsFile ?? environment['NATS_CREDS'],
	user: environment['NATS_USER'],
	password: environment['NATS_PASSWORD'],
	token: environment['NATS_TOKEN'],
	ca: environment['NATS_CA'],
	cert: environment['NATS_CERT'],
	key: environment['NATS_KEY'],
});

/** Throws the system's error when the file cannot be read. */
const authenticatorOf = ({credsFile, user, password, token}: NatsSecrets): Authenticator | undefined => {
	if (credsFile !== undefined) {
		return credsAuthenticator(readFileSync(credsFile));
	}

	if (user !== undefined) {
		return usernamePasswordAuthenticator(user, password ?? '');
	}

	return token === undefined ? undefined : tokenAuthenticator(token);
};

const plainWords: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'nobody listens there',
	ENOTFOUND: 'there is no such host',
	EHOSTUNREACH: 'no way to that host',
	ETIMEDOUT: 'no answer',
	CERT_HAS_EXPIRED: 'the certificate of the server has expired',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate of the server signs itself: name the authority in NATS_CA',
	SELF_SIGNED_CERT_IN_CHAIN: 'nobody known signed the certificate of the server: name the authority in NATS_CA',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody known signed the certificate of the server: name the authority in NATS_CA',
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody known signed the certificate of the server: name the authority in NATS_CA',
	ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the server is for another name',
};

/** The chain of causes of an error, outermost first. */
const causesOf = (error: unknown): readonly Error[] => {
	const causes: Error[] = [];
	for (let one = error; one instanceof Error && causes.length < 8; one = one.cause) {
		causes.push(one);
	}

	return causes;
};

/** What went wrong, in words; whether other credentials would help. */
const linkProblem = (error: unknown): LinkState => {
	const causes = causesOf(error);
	for (const cause of causes) {
		const {code} = cause as NodeJS.ErrnoException;
		const words = code === undefined ? undefined : plainWords[code];
		if (words !== undefined) {
			return {state: 'away', detail: words};
		}
	}

	const names = new Set(causes.map(({name}) => name));
	if (names.has('UserAuthenticationExpiredError')) {
		return {state: 'refused', detail: 'the credentials have expired'};
	}

	return names.has('AuthorizationError')
		? {state: 'refused', detail: 'the server does not accept these credentials'}
		: {state: 'away', detail: causes.at(-1)?.message ?? String(error)};
};

export type Link = {
	/** The connection, once there is one. Afterwards it reconnects by itself, for ever. Rejects when the link is closed before. */
	readonly opened: Promise<NatsConnection>;
	/** Resolves at once while connected, else when it is again, or when the link is closed. */
	connected(): Promise<void>;
	/** Resolves when the connection that is there now is lost, or the link is closed. */
	lost(): Promise<void>;
	readonly isConnected: boolean;
	readonly isClosed: boolean;
	close(): Promise<void>;
};

type LinkOptions = {
	readonly target: NatsTarget;
	readonly secrets: NatsSecrets;
	/** Shown by the server in its list of connections. */
	readonly name: string;
	onState(state: LinkState): void;
};

const firstDelayMs = 500;
const longestDelayMs = 8000;

/** Connects, and keeps trying. Throws the system's error at once when a file of secrets cannot be read. */
export const openLink = ({target, secrets, name, onState}: LinkOptions): Link => {
	const authenticator = authenticatorOf(secrets);
	const pem = (file: string | undefined) => file === undefined ? undefined : readFileSync(file, 'utf8');
	const tls = target.isTls ? {ca: pem(secrets.ca), cert: pem(secrets.cert), key: pem(secrets.key)} : undefined;
	const {promise: opened, resolve: resolveOpened, reject: rejectOpened} = Promise.withResolvers<NatsConnection>();
	// Who closes a link that never opened need not wait for it.
	opened.catch(() => undefined);
	let isClosed = false;
	let isConnected = false;
	let connection: NatsConnection | undefined;
	let wake = Promise.withResolvers<void>();
	let loss = Promise.withResolvers<void>();
	const pause = createPause();

	const setConnected = (now: boolean) => {
		isConnected = now;
		if (now || isClosed) {
			wake.resolve();
			wake = Promise.withResolvers();
		}

		if (!now) {
			loss.resolve();
			loss = Promise.withResolvers();
		}
	};

	const follow = async (one: NatsConnection) => {
		for await (const status of one.status()) {
			if (status.type === 'disconnect') {
				setConnected(false);
				onState({state: 'away', detail: `${status.server} is gone`});
			} else if (status.type === 'reconnect') {
				setConnected(true);
				onState({state: 'connected', detail: ''});
			} else if (status.type === 'error') {
				const problem = linkProblem(status.error);
				if (problem.state === 'refused') {
					onState(problem);
				}
			}
		}
	};

	const run = async () => {
		for (let delayMs = firstDelayMs; !isClosed; delayMs = Math.min(2 * delayMs, longestDelayMs)) {
			try {
				// One attempt after the other is part of this.

				const one = await connect({
					servers: [...target.servers], name, ...(tls && {tls}), ...(authenticator && {authenticator}),
					maxReconnectAttempts: -1, reconnectTimeWait: 500, reconnectJitter: 200, ignoreAuthErrorAbort: true, pingInterval: 10_000, maxPingOut: 2, timeout: 5000,
				});
				if (isClosed) {
					void one.close();
					return;
				}

				connection = one;
				void follow(one);
				setConnected(true);
				onState({state: 'connected', detail: ''});
				resolveOpened(one);
				return;
			} catch (error) {
				const {state, detail} = linkProblem(error);
				onState({state, detail: `${detail}; again in ${delayMs / 1000} s`});
				await pause.wait(delayMs);
			}
		}
	};

	onState({state: 'connecting', detail: ''});
	void run();

	return {
		opened,
		get isConnected() {
			return isConnected;
		},
		get isClosed() {
			return isClosed;
		},
		async connected() {
			while (!isConnected && !isClosed) {
				await wake.promise;
			}
		},
		async lost() {
			return isClosed ? undefined : loss.promise;
		},
		async close() {
			isClosed = true;
			pause.cut();
			setConnected(false);
			rejectOpened(new Error('closed'));
			// A server that has just gone is noticed first: the client would write to it, and nobody hears that error.
			await new Promise(resolve => {
				setImmediate(resolve);
			});
			await connection?.close();
		},
	};
};
