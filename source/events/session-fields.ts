import {faultNames} from '../wire/fault.js';
import * as field from './field.js';

export const fates = ['kept', 'risk', 'unknown', 'reset'] as const;
export type Fate = (typeof fates)[number];
export const accounts = ['heard', 'closed', 'ranout', 'moved', 'waiting', 'overdue'] as const;
export type Account = (typeof accounts)[number];

export const forward = field.oneOf('Forwarding method.', ['Masq', 'Local', 'Tunnel', 'Route', 'Bypass', '?']);
export const reason = field.oneOf('Why a backup would not take it.', faultNames.slice(1));
export const pe = field.text('Name of the persistence engine.');
export const peData = field.text('Its data; what is not printable ASCII is escaped.');

/** One session as every output has it. */
export const session = {
	segment: field.text('Where it was heard: interface, file or stream, VLAN tags appended.'),
	proto: field.text('As ipvsadm prints it: TCP, UDP, SCTP, ICMP, ICMPv6, IP (fwmark template), IP_n.'),
	state: field.text('As ipvsadm prints it.'),
	client: field.address('The client.'),
	cport: field.port('Its port.'),
	virtual: field.address('The virtual service; of an fwmark template the mark as an address.'),
	vport: field.port('Its port.'),
	real: field.address('The real server.'),
	rport: field.port('Its port.'),
	forward,
	fwmark: field.integer('Firewall mark.'),
	flags: field.list(field.text('Name of a flag.'), 'Flags that are set.'),
	template: field.flag('A persistence template, no connection.'),
	timeout: field.integer('Seconds without an announcement after which it expires.'),
	expires: field.number('Seconds left until then.'),
	age: field.number('Seconds since it was first announced.'),
	idle: field.number('Seconds since it was last announced.'),
	updates: field.integer('Times it was announced.'),
	director: field.address('Who announced it last.'),
	directors: field.list(field.address('A director.'), 'All who announced it.'),
	syncid: field.integer('Sync id of the last announcement.'),
	version: field.integer('Version of its message: 0 tells no timeout, that of the state is assumed.'),
	sent: field.list(field.address('A director.'), 'Listeners that it was sent to: an upper bound, loss at the receiver is invisible.'),
} as const satisfies field.Fields;

/** What only some sessions have. */
export const sessionExtras = {
	pe, peData,
	fate: field.oneOf('What becomes of it if the master dies now; reset: the master of now does not know it.', fates),
	account: field.oneOf('What became of it since the last takeover.', accounts),
} as const satisfies field.Fields;
