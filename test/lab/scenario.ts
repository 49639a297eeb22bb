/** How the master goes, before it comes back and takes over by its priority. */
export type Failure =
	/** Cable, processes and the kernel's table at once; it boots with an empty table. */
	| 'power'
	/** keepalived ends in good order, then the kernel goes; it boots with an empty table. */
	| 'reboot'
	/** keepalived ends in good order and is started again; the kernel keeps its table. */
	| 'stopped'
	/** keepalived is killed, the kernel goes on forwarding and announcing; started again. */
	| 'killed'
	/** The cable is pulled and put back. */
	| 'cable';

/** A run of the lab. The guest reads it as it is. */
export type Scenario = {
	readonly name: string;
	readonly families: ReadonlyArray<4 | 6>;
	/** TCP sessions that are held open, a third of them of a persistent service. As many shorter ones as fit, and UDP, come on top. */
	readonly sessions: number;
	readonly syncVersion: 0 | 1;
	/** VRRP version 2 with AH or a password, which know IPv4 alone; null: version 3. */
	readonly authentication: 'AH' | 'PASS' | null;
	readonly failure: Failure;
	readonly comesBack: boolean;
	/** Of watching before the takeover, after it, and after the return. */
	readonly seconds: number;
};

const everything: Scenario = {
	name: 'IPv4, IPv6 and templates: the master loses power, boots empty and takes over again',
	families: [4, 6], sessions: 60, syncVersion: 1, authentication: null, failure: 'power', comesBack: true, seconds: 14,
};

const version0: Scenario = {
	name: 'sync version 0: keepalived of the master is stopped',
	families: [4], sessions: 24, syncVersion: 0, authentication: 'PASS', failure: 'stopped', comesBack: false, seconds: 12,
};

/** What runs with every change. */
export const shortForm: readonly Scenario[] = [everything, version0];

/** Each family by itself, and each way to fail. */
export const fullForm: readonly Scenario[] = [
	...shortForm,
	{...everything, name: 'IPv4: keepalived of the master is stopped and started again', families: [4], failure: 'stopped', authentication: 'AH'},
	{...everything, name: 'IPv6: the cable of the master is pulled and put back', families: [6], failure: 'cable'},
	{...everything, name: 'IPv4 and IPv6: keepalived of the master is killed and started again', failure: 'killed'},
	{...everything, name: 'IPv4: the master is rebooted', families: [4], failure: 'reboot', authentication: 'AH'},
	{...everything, name: 'sync version 0: the master loses power, boots empty and takes over again', families: [4], syncVersion: 0, authentication: 'PASS'},
];
