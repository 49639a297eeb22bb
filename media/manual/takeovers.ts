import {entries, example, nextParagraph, paragraph, section, subsection} from './roff.js';

/** What a host that is not a director hears when an address moves, by set-up, and what is told of it. */
const kinds: ReadonlyArray<readonly [head: string, text: string]> = [
	['VRRP to its group', 'keepalived as it is by default. Adverts say who is master, of which addresses, since when and with which priority; a crash, a planned end and a return by priority are told apart; gratuitous ARP and neighbour advertisements agree. Nothing has to be configured.'],
	['Unicast VRRP', 'keepalived with `unicast_peer`, as in most clouds. Adverts go from director to director and a third host hears none. What it hears: gratuitous ARP of the new master, who announces the sessions, who joins the sync group, and, for some seconds after a director died, adverts that the switch floods because it has forgotten the MAC they are sent to. So a takeover is told at the claim of the address. Without adverts there are no priorities, silence means nothing, and a crash and a planned end look alike: the kind of the takeover is `move`, unless flooded adverts (`crash`) or a join of the old master at once (`preempt`) show more. Two masters are seen only by their ARP and by both announcing. That both directors know each other as peers is not seen: `--pair` says who they are, so that triggers need not wait until a director has been heard for a minute.'],
	['No VRRP at all', 'pacemaker, ldirectord, a script: both sync daemons run on both directors, and something moves the address and claims it with gratuitous ARP. As above, with one thing less: neither director ever leaves the sync group, so each counts as a listener all the time. An address that is moved without a claim is seen when the new master announces its first sessions, some seconds later.'],
	['Active/active', 'Several virtual routers, each director master of some. Every address has its own master, its own takeover and its own forecast. keepalived binds its sync daemon to one of the routers: what the master of another one serves is never announced. The screen says of such an address that it is `unprotected`: after the death of its master its sessions are reset, and no number can be given, for nobody told of them.'],
	['Several pairs on one segment', 'They are told apart by their addresses: who advertises, claims or announces sessions of the same ones belongs together. Equal sync ids and equal virtual router ids do not make a pair. A director with an address for sync and another for VRRP is two for whoever listens, until `--pair` joins them with a `+`.'],
];

const unknowns: ReadonlyArray<readonly [head: string, text: string]> = [
	['Loss at the receiver', 'A message that left the old master may have been dropped by the new one. Its knowledge is therefore at most what was sent to it, and `expected` is `either`, with what would be reset had none of it arrived, until most of the sessions that are due by their own rhythm are heard again: a minute or two. When they are heard at a slower pace than that, it is said. Sessions that were not heard again since such a takeover may be gone when the next one comes.'],
	['A reboot', 'A kernel that booted has an empty table. An MLD report when its interface comes up, and a new port of its sync daemon, are signs; IPv6 switched off, or a switch that keeps reports to itself, hides the first. What settles it is what the new master announces: sessions that nobody can have told it are those of a table that was kept.'],
	['sloppy_tcp', 'With `net.ipv4.vs.sloppy_tcp` a director takes up sessions that it does not know, and announces them. A verdict of resets is therefore `either`, with what would be reset then in `otherwise`, until it has announced sessions for ten seconds: too many for a kept table, and the verdict follows what is heard; else it is `sure`.'],
	['Group reports', 'Where a switch keeps IGMP and MLD to itself, nobody sees who listens, or that an interface came up. Who fell and who gave its addresses up is then told by its adverts, or by how long its sync had been silent when another took its addresses: with three seconds or more it fell. One that fell and is back is expected to know nothing, or all if its kernel ran on, as with a pulled cable: `either`. Of one that resigned it cannot be told whether it was rebooted.'],
	['One forged frame', 'Nothing on the wire is signed. One advert changes neither interval nor address list, and ends no reign that goes on. Where no adverts are heard, one claim in the name of a backup looks like a takeover: it is told as `either`, and taken back, with a `vip-conflict`, when nothing follows and the old master goes on announcing four seconds later.'],
	['What was before', 'Sessions that were open before listening began are not known until they are announced again. A takeover in the first minute is told with since when was listened.'],
	['A switch that filters', 'Without libpcap (`--join`) only sync messages are heard: the change of the sender is the takeover, some seconds late.'],
];

/** What is told of takeovers, by set-up, and what cannot be. */
export const takeoverSection = (): string[] => [
	...section('Takeovers'),
	...paragraph('A takeover is of addresses: those that move together from one director to another are one, told once, at the first sign that suffices, and mended as more is heard. What is expected of the sessions that were open comes from what the new master knows: what it was sent while it listened, and what it had announced itself, unless its table is gone. What can be heard depends on how the directors are set up.'),
	...subsection('What is heard, by set-up'),
	...entries(kinds),
	...subsection('What the wire cannot tell'),
	...entries(unknowns),
	...subsection('What to watch'),
	...paragraph('An operator without adverts wants to be told of these:'),
	...example([
		'ipvstop --pair web=192.0.2.11,192.0.2.12 \\',
		'  --on \'event=takeover\' --exec \'logger -t lvs takeover\' \\',
		'  --on \'event=vip-conflict\' --exec \'logger -t lvs conflict\' \\',
		'  --on \'event=unprotected\' --exec \'logger -t lvs unprotected\'',
	]),
	...nextParagraph('`expected` of a takeover says how many sessions will be reset, and how sure that is: `sure`; `either`, with the other number in `otherwise`; or `unknown`. `evidence` names the signs. The accounts that follow say the same as it stands then.'),
];
