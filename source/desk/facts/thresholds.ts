/*
Every number that decides what the failover desk says, with its reason. Intervals are those that the adverts announce.
Times in microseconds.
*/
import {secondUs} from '../../wire/second.js';

export const thresholds = {
	/**
	Adverts are missing: a backup waits three intervals and a skew of less than one (RFC 3768 6.1), and takes over after 3.61 to 3.68 s with
	priority 100 (14 crashes seen on Linux 6.1), after a resignation within 0.69 s. Half an interval less than three allows for a capture that lost the last advert's successor.
	*/
	silentIntervals: 2.5,
	/** Who resigned and advertises again so soon never stopped: a keepalived that starts needs 3 s as a backup, one that goes on advertises each interval. */
	resumedIntervals: 1.5,
	/**
	Another one than the master advertises with a higher priority: it is master when it claims the addresses, which keepalived does within 0.13 s of its first advert (23 of 23), or when it
	advertises again. Where no claim was ever heard, when the master is silent for so long, which is an interval at most.
	*/
	challengeUs: 1.1 * secondUs,
	/**
	No one took over yet, or one of two masters has given way: the longest master-down interval there is (RFC 3768 6.1: 3 + 255/256 intervals) with
	jitter. At the end of a split brain the stronger one was silent for 2.6 intervals while the weaker still spoke.
	*/
	goneIntervals: 4.2,
	/**
	A new master so soon after the first one, with nothing open, is how two directors start together: seen 0.9 s apart. No takeover.
	*/
	electionUs: 30 * secondUs,
	/** Changes of several virtual routers of one pair between the same two directors are one takeover: sync groups of keepalived move within a second, adverts of 1 s and skews add some. */
	sameTakeoverUs: 10 * secondUs,
	/** Without adverts of the pair for this long, the sender of sync alone decides: more than twice the usual master-down time of 3.6 s. */
	noAdvertUs: 10 * secondUs,
	/**
	Only the sender changed: the former sender must be silent this long. A busy master sends at least every 3 s (buffers of 2 s, a thread
	that sleeps 1 s); a killed keepalived left its daemon sending for 5.4 s, 2.6 s of them beside the new master.
	*/
	senderChangedUs: 6 * secondUs,
	/** Both send, for this long and again and again: each serves its own sessions. */
	activeActiveUs: 20 * secondUs,
	/**
	The same sessions announced by two senders in turn, less than ten seconds apart, so often by each within half a minute: both serve them. After a
	takeover each session may do so once: the last message of one comes up to 3 s late, the first of the other needs no more than a closing packet.
	*/
	syncSplit: {withinUs: 30 * secondUs, each: 3, afterTakeoverUs: 15 * secondUs, overUs: 60 * secondUs},
	/**
	Sync of a master later than its next advert was due, by this much: the daemon outlived keepalived. A machine that lost its power sends
	nothing more, and keepalived stops the daemon before it resigns. Allows for adverts that a loaded machine sends late.
	*/
	syncGoesOnUs: 0.5 * secondUs,
	/** A message leaves up to 3 s after its first record (buffers of 2 s, a thread that sleeps 1 s): one sent while another was master was heard by then. */
	messageDelayUs: 3.2 * secondUs,
	/** A join is reported several times within seconds (RFC 3376 8.1: twice within 1 s, seen up to 1.2 s apart); later ones are new. */
	sameJoinUs: 10 * secondUs,
	/** Reports of an interface that came up are repeated: twice, a second apart at most (RFC 3810 9.1 and 9.11), for each address anew. */
	sameReportUs: 3 * secondUs,
	/** A director that gives way joins within 40 ms as seen; without a join after this it does not listen, if its joins have been seen before. */
	deafUs: 10 * secondUs,
	/** Who joins the sync group, or is claimed from, so soon after its addresses went to another gave way in order: seen within 0.04 s; its report is repeated within 1 s. */
	gaveWayUs: 5 * secondUs,
	/** Whoever answers for an address beside its master, for so long, is no late packet of one that gave way: keepalived repeats its claims after 5 s. */
	conflictUs: 2 * secondUs,
	conflictOfDirectorUs: 10 * secondUs,
	/** An address that is served, of which nothing is announced for so long while a director of the segment announces others. */
	unprotectedUs: 30 * secondUs,
	/** A single claim that nothing follows from its sender, while the former one goes on announcing: it is taken back. A message leaves up to 3.2 s after its first record. */
	doubtUs: 4 * secondUs,
	/**
	Sync of a director so shortly before another took its addresses: it lived until then. A backup waits 3.6 s, and the last message may have come up to one advert's interval after the last
	advert: 2.6 s at least; those that gave their addresses up were heard within 2.8 s (10 of 11), those that fell more than 3.1 s before (38 of 38).
	*/
	livedOnUs: 3 * secondUs,
	/** A silent master is worth a word when it used to send at least one record a second over ten minutes; there is no heartbeat. */
	silentMaster: {quietUs: 30 * secondUs, historyUs: 600 * secondUs, recordsPerSecond: 1},
	/** A sender that VRRP does not vouch for is known after a minute: a forger must keep up that long to be trusted. */
	knownAfterUs: 60 * secondUs,
	/** A known director that was heard for this long, five adverts of the default interval, is none that spoke once: its pair stands before theirs. */
	establishedUs: 5 * secondUs,
	/**
	Overdue: silent for longer than this many times the session's own mean interval between announcements, plus the delay of a message
	(3 s) and of the takeover's own gap. An announcement takes 50 client packets, so single intervals vary by a seventh (1/sqrt 50)
	when packets come at random, and the mean is of a few: twice is six deviations. None of 5203 sessions that survived their takeover was ever
	called overdue; of those that were reset a tenth were after 90 s.
	*/
	overdueRhythms: 2,
	overdueGraceUs: 8 * secondUs,
	/**
	A session that the new master knows is announced after 50 client packets, so after its own rhythm; 1.5 of it and the delay of a message allow for
	a spread of a seventh both in the rhythm and in this interval (2.5 deviations). So many of those that were due are silent without loss: measured, with a
	margin, over all captures. Told when chance explains it less than once in a thousand times. That what was sent was received is shown when, had a quarter been lost, so few would be
	silent once in a hundred times: 17 due and none silent.
	*/
	pace: {rhythms: 1.5, graceUs: 6 * secondUs, silentShare: 0.12, least: 8, chance: 0.001, lostShare: 0.25, receivedChance: 0.01},
	/**
	A new master's own words. `kept`: it announced so many sessions, in several messages, that it was not sent and can only have kept: three within 10 s in 15 of 19
	takeovers by a kernel that ran on, none in 11 of 11 by one that did not. `gone`: so few where more were due that chance (Poisson) explains it once in 150 times: none of five, and half
	of what is due by the sessions' rhythm is due at least, for traffic changes.
	`rebuilt`: more than a kept table would announce, by so many deviations: its kernel makes connections of what it does not know (sloppy_tcp).
	*/
	ownWords: {kept: 3, keptShare: 0.2, slack: 0.5, apartUs: secondUs, goneChance: 1 / 148, rebuiltDeviations: 4, rebuiltLeast: 8},
	/** keepalived counts the IPv4 identification of its adverts from 1 in each process: so low a first one is its start. */
	firstIdentifications: 3,
	/** Sessions of a master that served before we listened may be unheard for as long as an idle one lives: the timeout of ESTABLISHED. */
	blindUs: 900 * secondUs,
	/** After this long four of five sessions were heard in one run: when none was, hardly any is open. */
	blindToAllUs: 120 * secondUs,
	/** A claim that is repeated (ten times within seconds by keepalived) is the same claim. */
	sameClaimUs: 10 * secondUs,
	/** IPv4 messages beyond 1472 octets, IPv6 beyond 1452, are fragmented and larger than a backup's default buffer (Linux ip_vs_sync.c). */
	largestMessage: {4: 1472, 6: 1452},
} as const;
