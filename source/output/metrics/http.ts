/*
HTTP/1.1 for who scrapes (RFC 9112), as little of it as that takes. Node's own server parses all that a connection has sent, so requests
that do not wait for their answers grow the process by hundreds of megabytes. Here a connection has one request being answered, what is
behind it waits in the system's buffers, and each step has a deadline.
*/
import {createServer, type Server, type Socket} from 'node:net';

export type Request = {readonly method: string; readonly path: string; readonly headers: ReadonlyMap<string, string>};

export type Reply = {readonly code: number; readonly headers: Readonly<Record<string, string | number>>; readonly body: Uint8Array | string};

/** Connections at once; what comes beyond is closed. */
const mostConnections = 32;
/** For each step of a connection: a request that was begun, or is the first one; an answer to be taken; the next request. */
const patienceMs = {request: 5000, answer: 10_000, next: 30_000} as const;
/** Of a request, up to the blank line. */
const mostHeadOctets = 8192;

const phrases: Readonly<Record<number, string>> = {
	200: 'OK', 400: 'Bad Request', 404: 'Not Found', 405: 'Method Not Allowed', 431: 'Request Header Fields Too Large', 500: 'Internal Server Error', 503: 'Service Unavailable',
};

const endOfHead = '\r\n\r\n';

/** Undefined when it is no request. */
const requestOf = (head: string): (Request & {readonly staysOpen: boolean}) | undefined => {
	const [first = '', ...lines] = head.split('\r\n');
	const match = /^(?<method>[A-Z]{1,16}) (?<target>\S+) HTTP\/1\.(?<minor>[01])$/v.exec(first);
	if (!match?.groups) {
		return undefined;
	}

	const headers = new Map(lines.map(line => {
		const colon = line.indexOf(':');
		return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
	}));
	const {method = '', target = '', minor} = match.groups;
	const connection = headers.get('connection')?.toLowerCase() ?? '';
	return {
		method, headers, path: target.split('?', 1)[0]!,
		// A body is none of what is understood here: where the next request begins is not known then.
		staysOpen: (minor === '1' ? !connection.includes('close') : connection.includes('keep-alive')) && !headers.has('content-length') && !headers.has('transfer-encoding'),
	};
};

const headOf = ({code, headers, body}: Reply, staysOpen: boolean): string => {
	const fields = {date: new Date().toUTCString(), ...headers, 'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.length, connection: staysOpen ? 'keep-alive' : 'close'};
	return `HTTP/1.1 ${code} ${phrases[code] ?? ''}\r\n${Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};

const problem = (code: number, text: string): Reply => ({code, headers: {'content-type': 'text/plain; charset=utf-8'}, body: `${text}\n`});

const serve = (socket: Socket, reply: (request: Request) => Promise<Reply>) => {
	let waiting = '';
	let isAnswering = false;
	let deadline: NodeJS.Timeout | undefined;
	const beginStep = (step: keyof typeof patienceMs) => {
		clearTimeout(deadline);
		deadline = setTimeout(() => {
			socket.destroy();
		}, patienceMs[step]).unref();
	};

	const send = (request: ReturnType<typeof requestOf>, answer: Reply) => {
		const staysOpen = request?.staysOpen ?? false;
		socket.cork();
		socket.write(headOf(answer, staysOpen));
		// The callback comes when the system has all of it.
		socket.write(request?.method === 'HEAD' ? '' : answer.body, () => {
			isAnswering = false;
			beginStep(waiting === '' ? 'next' : 'request');
			if (staysOpen) {
				socket.resume();
				advance();
			} else {
				socket.end();
			}
		});
		socket.uncork();
	};

	const answer = async (request: ReturnType<typeof requestOf>): Promise<void> => {
		isAnswering = true;
		socket.pause();
		beginStep('answer');
		try {
			send(request, request ? await reply(request) : problem(400, 'This is not HTTP/1.1.'));
		} catch (error) {
			send(request, problem(500, (error as Error).message));
		}
	};

	const advance = () => {
		const end = waiting.indexOf(endOfHead);
		if (isAnswering || (end === -1 && waiting.length <= mostHeadOctets)) {
			return;
		}

		if (end === -1 || end > mostHeadOctets) {
			waiting = '';
			isAnswering = true;
			socket.pause();
			send(undefined, problem(431, 'That is too long for a request here.'));
			return;
		}

		const head = waiting.slice(0, end);
		waiting = waiting.slice(end + endOfHead.length);
		void answer(requestOf(head));
	};

	beginStep('request');
	socket.setEncoding('latin1').on('data', (text: string) => {
		if (waiting === '') {
			beginStep('request');
		}

		waiting += text;
		advance();
	});
	// What goes wrong on one connection is no reason to stop.
	socket.on('error', () => undefined).on('close', () => {
		clearTimeout(deadline);
	});
};

/** A server that answers each request by `reply`. It does not listen yet. */
export const createHttpServer = (reply: (request: Request) => Promise<Reply>): {readonly server: Server; readonly closeAll: () => void} => {
	const open = new Set<Socket>();
	const server = createServer(socket => {
		open.add(socket);
		socket.once('close', () => {
			open.delete(socket);
		});
		serve(socket, reply);
	});
	server.maxConnections = mostConnections;
	return {
		server,
		closeAll() {
			server.close();
			for (const socket of open) {
				socket.destroy();
			}
		},
	};
};
