import {execFileSync, spawn, type ChildProcess} from 'node:child_process';
import {createInterface} from 'node:readline';
import {type TestContext} from 'node:test';
import {type SourceOptions} from '../../source/capture/open-source.js';
import {type Place} from '../../source/capture/source.js';

export type Line = {
	readonly type: string;
	readonly octets?: string;
	readonly lagUs?: number;
	readonly place?: number;
	readonly places?: readonly Place[];
	readonly message?: string;
	readonly exitCode?: number;
	readonly description?: string;
	readonly from?: string;
	readonly to?: string;
	readonly linkType?: number;
	readonly ownAddresses?: readonly string[];
};

export type Listener = {
	readonly lines: Line[];
	/** Waits for the first line, also among those that were heard already, that fits. */
	heard(fits: (line: Line) => boolean): Promise<Line>;
	tell(word: string): void;
	readonly ended: Promise<void>;
};

/** Two network namespaces joined by a cable: `far` sends, `near` listens on `wire0`. */
export type TwoHosts = {
	/** Commands that run another command on that host. */
	readonly onNear: readonly string[];
	readonly onFar: readonly string[];
	near(command: string): string;
	far(command: string): string;
	/** Lays the cable, with 10.9.9.1 and fd09::1 far, 10.9.9.2 and fd09::2 near. */
	plug(): void;
	unplug(): void;
	listen(options: Partial<SourceOptions>, privilege?: 'unprivileged'): Listener;
	/** Sends one UDP datagram from the far host, by default from 10.9.9.1 or an address that the kernel chooses. */
	send(group: string, port: number, octets: string, from?: string): void;
};

/** Why there can be no namespaces here, undefined when there can. */
export const whyNoNamespaces = (): string | undefined => {
	if (process.getuid?.() !== 0) {
		return 'needs root to make network namespaces';
	}

	try {
		execFileSync('unshare', ['-n', 'ip', 'link', 'add', 'wire0', 'type', 'veth', 'peer', 'name', 'wire1'], {stdio: 'pipe'});
		return undefined;
	} catch (error) {
		return `cannot make a network namespace with a veth pair: ${(error as Error).message.split('\n').at(-2) ?? ''}`;
	}
};

let serial = 0;

export const createTwoHosts = (context: TestContext): TwoHosts => {
	const prefix = `ipvstop-${process.pid}-${serial++}`;
	const [near, far] = [`${prefix}n`, `${prefix}f`];
	const inside = (name: string, command: string): string => execFileSync('ip', ['netns', 'exec', name, 'sh', '-ec', command], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
	const children: ChildProcess[] = [];
	for (const name of [near, far]) {
		execFileSync('ip', ['netns', 'add', name]);
		inside(name, 'ip link set lo up; sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.all.rp_filter=0');
	}

	context.after(() => {
		for (const child of children) {
			child.kill('SIGKILL');
		}

		for (const name of [near, far]) {
			execFileSync('ip', ['netns', 'delete', name]);
		}
	});

	return {
		onNear: ['ip', 'netns', 'exec', near],
		onFar: ['ip', 'netns', 'exec', far],
		near: command => inside(near, command),
		far: command => inside(far, command),
		plug() {
			inside(near, `ip link add wire0 type veth peer name wire1; ip link set wire1 netns ${far}; ip addr add 10.9.9.2/24 dev wire0; ip -6 addr add fd09::2/64 dev wire0 nodad; ip link set wire0 up`);
			inside(far, 'ip addr add 10.9.9.1/24 dev wire1; ip -6 addr add fd09::1/64 dev wire1 nodad; ip link set wire1 up; ip route add 224.0.0.0/4 dev wire1');
		},
		unplug() {
			inside(near, 'ip link delete wire0');
		},
		listen(options, privilege) {
			const whole: SourceOptions = {
				read: [], via: [], join: false, interfaces: [], passive: false, groups: ['224.0.0.81'], ports: [8848], speed: 1, screen: false, ...options,
			};
			const child = spawn('ip', ['netns', 'exec', near, process.execPath, '--import=tsx', 'test/capture/listener-process.ts', JSON.stringify(whole), privilege ?? ''], {stdio: ['pipe', 'pipe', 'inherit']});
			children.push(child);
			const lines: Line[] = [];
			const waiters = new Set<() => void>();
			createInterface({input: child.stdout}).on('line', line => {
				lines.push(JSON.parse(line) as Line);
				for (const waiter of waiters) {
					waiter();
				}
			});
			return {
				lines,
				async heard(fits) {
					for (;;) {
						const found = lines.find(line => fits(line));
						if (found) {
							return found;
						}

						await new Promise<void>(resolve => {
							const waiter = (): void => {
								waiters.delete(waiter);
								resolve();
							};

							waiters.add(waiter);
						});
					}
				},
				tell(word) {
					child.stdin.write(`${word}\n`);
				},
				ended: new Promise(resolve => {
					child.on('close', () => {
						resolve();
					});
				}),
			};
		},
		send(group, port, octets, from) {
			const type = group.includes(':') ? 'udp6' : 'udp4';
			const script = `
				const socket = require('node:dgram').createSocket('${type}');
				socket.bind(0, ${JSON.stringify(from ?? (type === 'udp6' ? '::' : '10.9.9.1'))}, () => {
					socket.setMulticastInterface('${type === 'udp6' ? '::%wire1' : '10.9.9.1'}');
					socket.send(Buffer.from('${octets}', 'hex'), ${port}, '${group}', () => socket.close());
				});
			`;
			execFileSync('ip', ['netns', 'exec', far, process.execPath, '--eval', script], {stdio: 'inherit'});
		},
	};
};
