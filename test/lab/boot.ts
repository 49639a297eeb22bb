/*
Boots the guest: Debian's User Mode Linux, a kernel that is a process of this host and needs no virtual machine. It powers itself down.
*/
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {program} from '../support/program.js';
import {unpackedPackages} from './packages.js';
import {type Scenario} from './scenario.js';

const guest = fileURLToPath(new URL('guest', import.meta.url));
const memoryMegabytes = 1536;
/** A run that hangs is killed. The longest takes two minutes on two idle cores. */
const patienceSeconds = 360;

const breaking = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** The virtual address of the service whose sessions set a trigger off. */
export const watchedVirtual = {4: '192.168.10.100', 6: 'fd00:10::100'} as const;

/** Triggers are set off by directors that are known: by their adverts, or, where nobody else hears these, by configuration. */
export const pairOf = ({arrangement}: Scenario): string[] => arrangement === 'unicast' || arrangement === 'by-hand' ? ['--pair', '192.168.10.11,192.168.10.12'] : [];

/** ipvstop in the guest: lines, a recording, and the readme's triggers, whose program keeps what it is given. */
const argumentsOf = (scenario: Scenario): string[] => [
	'--events', '--json', '-i', 'eth0', '--no-config', '--write', '/out/recording.pcapng', ...pairOf(scenario),
	'--on', 'event=takeover', '--exec', 'tee -a /out/triggered-takeovers.ndjson',
	'--on', `event=state state=close virtual=${watchedVirtual[scenario.families[0]!]} vport=80`, '--exec', 'tee -a /out/triggered-closes.ndjson',
];

/** The kernel's memory lies in a file: on a tmpfs, which goes with the namespaces, it is never written to a disk. */
const bootScript = `
mount -t tmpfs -o size=2G tmpfs "$LAB_MEMORY" || exit
TMPDIR=$LAB_MEMORY timeout --signal=KILL ${patienceSeconds} "$LAB_PACKAGES/usr/bin/linux.uml" mem=${memoryMegabytes}M uml_dir="$LAB_MEMORY" umid=ipvstop root=/dev/root rootfstype=hostfs rootflags=/ ro quiet \\
	init="$LAB_GUEST/init" lab_guest="$LAB_GUEST" lab_packages="$LAB_PACKAGES" lab_out="$LAB_OUT" con=null con0=null,fd:1 ssl=null
`;

/**
Runs a scenario to its end; what it leaves is in `folder`. Throws with what went wrong in the guest.
All processes of the kernel live in a PID namespace that dies with this process, however this process dies.
*/
export const boot = async (scenario: Scenario, folder: string): Promise<void> => {
	const packages = unpackedPackages();
	const [out, memory] = ['out', 'memory'].map(name => path.join(folder, name)) as [string, string];
	fs.mkdirSync(out);
	fs.mkdirSync(memory);
	fs.writeFileSync(path.join(out, 'scenario.json'), JSON.stringify({
		...scenario, ipvstop: [process.execPath, program], arguments: argumentsOf(scenario),
	}));
	const consoleLog = fs.openSync(path.join(folder, 'console.log'), 'w');
	// When this process dies, so does unshare, and with it the first process of the namespace, and with that all the others.
	const child = spawn('setpriv', [
		'--pdeathsig', 'KILL', 'unshare', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child', 'sh', '-c', `${bootScript}exit`,
	], {
		stdio: ['ignore', consoleLog, consoleLog],
		env: {PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LAB_PACKAGES: packages, LAB_GUEST: guest, LAB_OUT: out, LAB_MEMORY: memory},
	});
	// Sooner than others tidy up after it.
	const kill = () => {
		child.kill('SIGKILL');
	};

	// A signal ends this process by itself without a chance to tidy up.
	const breakOff = (name: NodeJS.Signals) => {
		process.exit(128 + os.constants.signals[name]);
	};

	process.prependOnceListener('exit', kill);
	for (const name of breaking) {
		process.once(name, breakOff);
	}

	const [code, signal] = await once(child, 'exit') as [number | null, NodeJS.Signals | null];
	process.off('exit', kill);
	for (const name of breaking) {
		process.off(name, breakOff);
	}

	fs.closeSync(consoleLog);
	const failure = path.join(out, 'failure.txt');
	if (fs.existsSync(failure)) {
		throw new Error(`The run failed in the guest:\n${fs.readFileSync(failure, 'utf8')}`);
	}

	if (!fs.existsSync(path.join(out, 'timeline.ndjson')) || !fs.readFileSync(path.join(out, 'timeline.ndjson'), 'utf8').includes('"done"')) {
		throw new Error(`The guest ended with ${code ?? signal} before its run was done:\n${fs.readFileSync(path.join(folder, 'console.log'), 'utf8').slice(-2000)}`);
	}
};
