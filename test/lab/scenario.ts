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
	| 'cable'
	/** Nothing fails: the address is moved by hand, and back. */
	| 'moved';

/** Who is there, and how they know of each other. */
export type Arrangement =
	/** One virtual router of two directors, whose adverts everybody on the segment hears. */
	| 'pair'
	/** The same, adverts to the other director's address alone (keepalived's `unicast_peer`). */
	| 'unicast'
	/** Two virtual routers; each director is master of one of them. The sync daemon hangs on the first. */
	| 'active-active'
	/** No keepalived, as under pacemaker: both daemons on both, and the address is moved with gratuitous ARP. */
	| 'by-hand'
	/** A second pair on the same segment, of another address, with the same sync id. */
	| 'two-pairs'
	/** A third director, a backup too. */
	| 'three';

/** A run of the lab. The guest reads it as it is. */
export type Scenario = {
	readonly name: string;
	readonly arrangement: Arrangement;
	readonly families: ReadonlyArray<4 | 6>;
	/** TCP sessions that are held open, a third of them of a persistent service. As many shorter ones as fit, and UDP, come on top. */
	readonly sessions: number;
	readonly syncVersion: 0 | 1;
	/** VRRP version 2 with AH or a password, which know IPv4 alone; null: version 3. */
	readonly authentication: 'AH' | 'PASS' | null;
	readonly failure: Failure;
	readonly comesBack: boolean;
	/** keepalived of the backup is restarted a few seconds before the master fails. */
	readonly backupRestarts: boolean;
	/** Of watching before the takeover, after it, and after the return. */
	readonly seconds: number;
};

const everything: Scenario = {
	name: 'IPv4, IPv6 and templates: the master loses power, boots empty and takes over again',
	arrangement: 'pair', families: [4, 6], sessions: 60, syncVersion: 1, authentication: null, failure: 'power', comesBack: true, backupRestarts: false, seconds: 14,
};

const version0: Scenario = {
	name: 'sync version 0: keepalived of the master is stopped',
	arrangement: 'pair', families: [4], sessions: 24, syncVersion: 0, authentication: 'PASS', failure: 'stopped', comesBack: false, backupRestarts: false, seconds: 12,
};

const unicast: Scenario = {...everything, name: 'unicast adverts: the master loses power', arrangement: 'unicast', families: [4], sessions: 30, comesBack: false, seconds: 12};

const activeActive: Scenario = {...unicast, name: 'active/active: one of two masters loses power', arrangement: 'active-active'};

/** What runs with every change. */
export const shortForm: readonly Scenario[] = [everything, version0, unicast, activeActive];

/** Each family by itself, and each way to fail. */
export const fullForm: readonly Scenario[] = [
	...shortForm,
	{...everything, name: 'IPv4: keepalived of the master is stopped and started again', families: [4], failure: 'stopped', authentication: 'AH'},
	{...everything, name: 'IPv6: the cable of the master is pulled and put back', families: [6], failure: 'cable'},
	{...everything, name: 'IPv4 and IPv6: keepalived of the master is killed and started again', failure: 'killed'},
	{...everything, name: 'IPv4: the master is rebooted', families: [4], failure: 'reboot', authentication: 'AH'},
	{...unicast, name: 'unicast adverts: the master loses power, boots empty and takes over again', comesBack: true},
	{...unicast, name: 'unicast adverts: keepalived of the master is killed and started again', failure: 'killed', comesBack: true},
	{...activeActive, name: 'active/active: one of two masters loses power, boots empty and takes over again', comesBack: true},
	{...unicast, name: 'by hand: the master loses power, boots empty and gets its address back', arrangement: 'by-hand', comesBack: true},
	{...unicast, name: 'by hand: the address is moved, and back', arrangement: 'by-hand', failure: 'moved', comesBack: true},
	{...unicast, name: 'two pairs of one sync id: the master of one loses power, boots empty and takes over again', arrangement: 'two-pairs', comesBack: true},
	{...unicast, name: 'three directors: the master loses power, boots empty and takes over again', arrangement: 'three', comesBack: true},
	{...unicast, name: 'keepalived of the backup restarts before the master loses power', arrangement: 'pair', backupRestarts: true},
	{...everything, name: 'sync version 0: the master loses power, boots empty and takes over again', families: [4], syncVersion: 0, authentication: 'PASS'},
];
