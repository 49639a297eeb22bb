import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import process from 'node:process';
import {type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {createTwoHosts, whyNoNamespaces, type TwoHosts} from '../capture/two-hosts.js';
import {saying} from './program.js';

/** Why nothing can be captured on a wire of our own here, undefined when it can. */
export const whyNoLiveWire = (): string | undefined => {
	const missing = whyNoNamespaces();
	if (missing !== undefined) {
		return missing;
	}

	try {
		// In a process of its own: only one thread of a process may load the addon, and never twice.
		execFileSync(process.execPath, ['--input-type=commonjs', '--eval', 'require(\'pcap/build/Release/pcap_binding.node\')'], {stdio: 'pipe'});
		return undefined;
	} catch {
		return 'the package pcap is not built';
	}
};

/** Two hosts and their cable; the far one sends captures. */
export type LiveWire = TwoHosts & {
	/** Puts a capture file on the wire, or some of its frames, at its own pace, as often as wanted, and resolves when all is sent. */
	sender(path: string): Promise<{send(first?: number, last?: number): Promise<void>}>;
	/** Resolves when this many programs on the near host have joined the sync group on an interface: they listen. */
	joined(count: number, interfaceName?: string): Promise<void>;
};

const sender = fileURLToPath(new URL('wire-sender.ts', import.meta.url));
const lookMs = 50;
const patienceMs = 50_000;

export const createLiveWire = (context: TestContext): LiveWire => {
	const hosts = createTwoHosts(context);
	hosts.plug();
	return {
		...hosts,
		async sender(path) {
			const [command, ...words] = [...hosts.onFar, process.execPath, '--import=tsx', sender, path, 'wire1'];
			const child = spawn(command!, words, {stdio: ['pipe', 'pipe', 'inherit']});
			context.after(async () => {
				child.stdin.end();
				if (child.exitCode === null) {
					await once(child, 'exit');
				}
			});
			await saying(child.stdout, text => text.includes('ready'));
			return {
				async send(first, last) {
					child.stdin.write(first === undefined ? 'file\n' : `${first} ${last ?? first}\n`);
					await saying(child.stdout, text => text.includes('sent'));
				},
			};
		},
		async joined(count, interfaceName = 'wire0') {
			const members = (): number => {
				const membership = /224\.0\.0\.81(?: users (?<count>\d+))?/v.exec(hosts.near(`ip maddr show dev ${interfaceName}`));
				return membership ? Number(membership.groups!['count'] ?? 1) : 0;
			};

			const untilMs = performance.now() + patienceMs;
			while (members() < count) {
				if (performance.now() > untilMs) {
					throw new Error(`${members()} programs listen on ${interfaceName}, not ${count}`);
				}

				await new Promise(resolve => {
					setTimeout(resolve, lookMs);
				});
			}
		},
	};
};
