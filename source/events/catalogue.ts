import {limitNames, limitsToldSeconds} from '../desk/facts/limits.js';
import {refusedEveryMs} from '../table/changes.js';
import {ago} from '../text/format.js';
import {event, type Bound, type EventKind} from './describe.js';
import * as field from './field.js';
import {accounts, reason, session, sessionExtras, type Account} from './session-fields.js';

/*
Every kind of event: what it says, how many there may be, how it is shown. The schema of lines, the words of filters, bounds,
time line, events view and manual come from here. To add one: an entry here, and `tell` where it happens.
*/

/** Of one director. Those that are not known count as one. */
const perDirector = (most: number): Bound => ({most, seconds: 10, subject: 'director'});
const some = perDirector(8);
/** Of a director with many virtual routers, which says so of all of them at once. */
const manyRouters = perDirector(64);

/** What a new master knew. */
const coverage = {
	held: field.integer('Open sessions (TCP and SCTP in ESTABLISHED) at that moment.'),
	sent: field.integer('Of these, announced by others while it listened.'),
	own: field.integer('Of these, announced by itself.'),
	known: field.integer('Of these, known to it.'),
};
const account = Object.fromEntries(accounts.map(name => [name, field.integer(`Sessions held that are ${name}.`)])) as Readonly<Record<Account, field.Field<number>>>;
const ownKept = field.oneOf('Whether what the new master had announced itself survived in its kernel.', ['yes', 'likely', 'unlikely', 'no', 'none', 'unknown']);
/** What clients are to expect. */
const expected = field.object({
	resets: field.integer('Open sessions that are reset at their next packet; the likelier number.'),
	otherwise: field.orNull(field.integer('The other number, where it hangs on something that nobody saw; null when there is none.')),
	sureness: field.oneOf('How sure that is: both numbers are possible for either, nothing tells for unknown.', ['sure', 'either', 'unknown']),
}, 'What clients are to expect.');
const signs = field.list(field.text('A sign: its name, a colon, what was seen.'), 'What this is known by.');
/** Fields that mean the same in several events. */
const common = {
	segment: session.segment,
	address: field.text('The director.'),
	directors: field.list(field.address('A director.'), 'Both masters.'),
	evidence: field.text('What this is known by.'),
	vrid: field.integer('Virtual router.'),
	pair: field.text('The pair.'),
	vips: field.list(field.address('A virtual address.'), 'Virtual addresses that moved.'),
	from: field.address('The old master.'),
	to: field.address('The new master.'),
};

/** Red only where sessions are lost, as in the verdict: a takeover that kept them is calm, however it came about. */
const toneOfTakeover = ({expected: {resets, otherwise, sureness}}: {readonly expected: {readonly resets: number; readonly otherwise: number | null; readonly sureness: string}}): 'alarm' | 'warning' | 'good' =>
	sureness !== 'unknown' && resets > 0 ? 'alarm' : (sureness === 'unknown' || (otherwise ?? 0) > 0 ? 'warning' : 'good');

/** What happens to a session. */
const sessionEvents = {
	new: event('new', {doc: 'A session was announced for the first time.', fields: session, others: sessionExtras, tone: 'fresh'}),
	state: event('state', {doc: 'It changed its state.', fields: {...session, was: field.text('The state before.')}, others: sessionExtras}),
	moved: event('moved', {
		doc: 'It has another real server. It goes on.', fields: session, others: {...sessionExtras, was: field.text('The real server before.')}, tone: 'warning',
	}),
	expired: event('expired', {doc: 'Its time ran out, as is normal for a session that was closed, or for UDP.', fields: session, others: sessionExtras}),
	ranout: event('ranout', {
		doc: 'TCP or SCTP ran out while it was open, after it had been announced for a minute or more: it may live on at the master, or have been dead for long. Mere idling does that.',
		fields: session, others: sessionExtras, tone: 'warning',
	}),
	evicted: event('evicted', {doc: 'The table was full, and it had to go.', fields: session, others: sessionExtras, tone: 'alarm'}),
};

export const events = {
	...sessionEvents,
	refused: event('refused', {
		doc: 'Records that a backup would not take.',
		fields: {segment: common.segment, director: field.address('Who sent it.'), reason, count: field.integer('How many since the last such event.', 1)},
		bound: {most: 1, seconds: refusedEveryMs / 1000, subject: 'director and reason'},
		sentence: ({count, reason: why, director}, who) => `${count} record${count === 1 ? '' : 's'} of ${who(director)} that a backup would not take: ${why}`,
	}),
	director: event('director', {
		doc: 'A director began or ended something.',
		fields: {address: common.address, what: field.text<'sending' | 'listening' | 'left' | 'active-active' | 'deaf'>('What it does, or does not any more.')},
		others: {
			evidence: common.evidence, syncid: field.integer('Sync id.'), version: field.integer('Version of the sync protocol.'), name: field.text('Its name in the configuration.'), pair: field.text('Its pair.'),
			role: field.text('Its role.'), sending: field.flag('It sends.'), rate: field.number('Records per second.'), listeningSince: field.time('Since when it listens.'),
			lostMessages: field.integer('Messages lost so far.'), since: field.time('Since when.'), segment: common.segment,
		},
		bound: perDirector(32),
		sentence({address, what, syncid, version, evidence = ''}, who) {
			// Both are named where both send.
			const names = address.split(' ').map(one => who(one)).join(' and ');
			const said = {
				sending: `sends sync, id ${syncid}, version ${version}`, listening: `listens to sync (${evidence.toUpperCase()})`, left: `no longer listens (${evidence.toUpperCase()})`,
				'active-active': 'both send: each serves its own sessions', deaf: `does not listen: ${evidence}`,
			};
			return `${names} ${said[what]}`;
		},
		brief({what, evidence = ''}) {
			const said = {sending: 'sending', listening: `listening by ${evidence}`, left: `left by ${evidence}`, 'active-active': 'active/active: both send', deaf: 'does not listen'};
			return said[what];
		},
		level: ({what}) => what === 'deaf' ? 'warning' : 'note',
	}),
	vrrp: event('vrrp', {
		doc: 'A director became, or is no longer, the master of a virtual router.',
		fields: {address: common.address, vrid: common.vrid, role: field.oneOf('What it became.', ['master', 'backup', 'resigned', 'silent'])},
		others: {priority: field.integer('As advertised.'), from: field.text('The master before.'), segment: common.segment},
		bound: manyRouters, tone: 'heading',
		sentence({address, role, vrid, priority, from}, who) {
			const became = {master: 'is master', resigned: 'resigned (priority 0)', backup: 'gave way, is backup', silent: 'fell silent: its adverts stopped'}[role];
			return `${who(address)} ${became} of VRID ${vrid}, priority ${priority ?? ''}${from === undefined ? '' : `, after ${who(from)}`}`;
		},
		brief: ({role, priority}) => role === 'resigned' ? 'resigned (priority 0)' : `master, priority ${priority}`,
		level: ({role}) => role === 'resigned' ? 'warning' : 'note',
	}),
	vipClaimed: event('vip-claimed', {
		doc: 'Another host answers for a virtual address: gratuitous ARP, or a neighbour advertisement.',
		fields: {address: field.address('The virtual address.')},
		others: {mac: field.text('Who answers for it now.'), was: field.text('Who did before.'), director: field.address('The same, as a director.'), segment: common.segment},
		bound: perDirector(256), mark: {letter: 'c', rank: 2, tone: 'plain'},
		sentence: ({address, director, mac = '', was}, who) => `${address} claimed by ${director === undefined ? mac : who(director)}${was === undefined ? '' : `, was ${was}`}`,
		brief: ({address}) => `claims ${address}`,
	}),
	vipConflict: event('vip-conflict', {
		doc: 'Another host than its master answers for a virtual address: clients are sent there.',
		fields: {address: field.address('The virtual address.'), mac: field.text('Who answers for it.'), master: field.address('The director that serves it.'), evidence: common.evidence},
		others: {director: field.address('The host, as a director.'), seconds: field.number('For how long.'), segment: common.segment},
		bound: perDirector(64), mark: {letter: 'x', rank: 3, tone: 'warning'}, tone: 'warning',
		sentence: ({address, mac, director, master}, who) => `${director === undefined ? mac : who(director)} answers for ${address}, which ${who(master)} serves`,
		brief: ({address, mac, director}) => `${director ?? mac} answers for ${address}`, level: 'warning',
	}),
	unprotected: event('unprotected', {
		doc: 'Nothing is announced for a virtual address, while others of the segment are: its sessions would be lost with its master.',
		fields: {address: field.address('The virtual address.'), director: field.address('The director that serves it.'), evidence: common.evidence},
		others: {seconds: field.number('For how long.'), segment: common.segment},
		bound: perDirector(64), tone: 'warning',
		sentence: ({address, director}, who) => `nothing is announced for ${address}, which ${who(director)} serves`,
		brief: ({address}) => `nothing is announced for ${address}`, level: 'warning',
	}),
	takeover: event('takeover', {
		doc: 'Another director is master. Told once, at once, with what the new one knows.',
		fields: {
			kind: field.oneOf('How it came about.', ['planned', 'crash', 'preempt', 'move', 'sync']), from: common.from, to: common.to,
			at: field.time('First advert, claim or message of the new one.'), gap: field.number('Seconds since the last of the old one.'), ...coverage, ownKept,
			failBack: field.flag('It was the master before.'), vips: common.vips, expected, evidence: signs,
		},
		others: {
			lostMessages: field.integer('Messages lost while it listened.'), vrids: field.list(common.vrid, 'Virtual routers.'), fromPriority: field.integer('Of the old master.'), toPriority: field.integer('Of the new master.'),
			advert: field.time('Its first advert.'), message: field.time('Its first message.'), udp: field.object(coverage, 'The same of UDP flows.'), segment: common.segment, pair: common.pair,
		},
		bound: some, mark: {letter: 'T', rank: 6, tone: 'alarm'}, toneOf: toneOfTakeover,
		sentence: ({kind, from, to, gap, known, held}, who) => `${kind}: ${who(from)} to ${who(to)}, gap ${ago(gap)}; knew ${known} of ${held} open`,
		brief: ({kind, known, held}) => `${kind}, knows ${known} of ${held} open`,
		level: values => ({alarm: 'alarm', warning: 'warning', good: 'note'} as const)[toneOfTakeover(values)],
	}),
	takeoverAccount: event('takeover-account', {
		doc: 'What became of the sessions that were open at a takeover, so far: after 10 s, 1, 5, 15 and 30 minutes, and when what is expected changes.',
		fields: {from: common.from, to: common.to, at: field.time('The takeover.'), held: coverage.held, known: coverage.known, ...account, vips: common.vips, expected, evidence: signs},
		others: {
			age: field.number('Seconds since the takeover.'), ownKept, settled: field.flag('These are the last figures.'), advert: field.time('First advert of the new master.'), message: field.time('Its first message.'),
			oldMasterSync: field.time('Last message of the old master.'), udp: field.object({held: coverage.held, known: coverage.known, ...account}, 'The same of UDP flows.'), segment: common.segment, pair: common.pair,
		},
		bound: some,
		sentence: ({age = 0, held, heard, closed, ranout, waiting, overdue}) =>
			`${ago(age)} after the takeover, of ${held} open: heard ${heard}, closed ${closed}, ran out ${ranout}, waiting ${waiting}, overdue ${overdue}`,
		brief: ({heard, held}) => `heard ${heard} of ${held}`,
	}),
	splitBrain: event('split-brain', {
		doc: 'Two masters at once, by their adverts or by the sessions that both announce.',
		fields: {directors: common.directors, evidence: common.evidence},
		others: {
			vrid: common.vrid, by: field.oneOf('What it was noticed by.', ['vrrp', 'sync']), priorities: field.list(field.integer('Priority.'), 'In the order of directors.'), since: field.time('Since when.'),
			reason: field.text('Why the adverts of one are nothing to the other.'), segment: common.segment,
		},
		bound: some, mark: {letter: 'S', rank: 5, tone: 'alarm'}, tone: 'alarm',
		sentence: ({directors, vrid, evidence}, who) => `two masters${vrid === undefined ? '' : ` of VRID ${vrid}`}, ${directors.map(one => who(one)).join(' and ')}: ${evidence}`,
		brief: ({by, vrid}) => by === 'sync' ? 'both announce the same sessions' : `two masters on VRID ${vrid}`, level: 'alarm',
	}),
	splitBrainEnd: event('split-brain-end', {
		doc: 'One master is left.',
		fields: {directors: common.directors, evidence: common.evidence},
		others: {
			vrid: common.vrid, winner: field.address('Who is left.'), seconds: field.number('How long it lasted.'),
			onlyBy: field.list(field.integer('Sessions.'), 'Open sessions that one announced and the others do not know, in the order of directors.'), segment: common.segment,
		},
		bound: some,
		sentence: ({winner, seconds, evidence}, who) => `${winner === undefined ? 'one' : who(winner)} is left${seconds === undefined ? '' : ` after ${ago(seconds)}`}: ${evidence}`,
		brief: ({vrid, winner}) => vrid === undefined ? 'no session is announced by both any more' : `${winner} is left`, level: 'warning',
	}),
	silent: event('silent', {
		doc: 'Adverts of a master are missing.',
		fields: {address: common.address},
		others: {
			vrid: common.vrid, priority: field.integer('As last advertised.'), what: field.text('What is missing.'), seconds: field.number('For how long.'),
			syncGoesOn: field.flag('Its sync messages still come.'), segment: common.segment,
		},
		bound: manyRouters, tone: 'warning',
		sentence: ({address, vrid, seconds, syncGoesOn}, who) =>
			`adverts of ${who(address)}${vrid === undefined ? '' : ` for VRID ${vrid}`} are missing${seconds === undefined ? '' : ` for ${ago(seconds)}`}${syncGoesOn ? ', but its sync goes on' : ''}`,
		brief: 'adverts missing', level: 'warning',
	}),
	restart: event('restart', {
		doc: 'The sync daemon of a director started anew: its source port changed.',
		fields: {address: common.address, port: field.port('Of the sync group.')},
		others: {sourcePort: field.port('Source port now.'), was: field.port('Source port before.'), segment: common.segment},
		bound: some, mark: {letter: 'r', rank: 0, tone: 'plain'}, tone: 'warning',
		sentence: ({address, sourcePort, was}, who) => `sync daemon of ${who(address)} started anew: source port ${sourcePort}, was ${was}`,
		brief: 'sync daemon started anew',
	}),
	wireLoss: event('wire-loss', {
		doc: 'Sync messages of a director never came here, by gaps in their IPv4 identification: dropped by the wire, or by the director itself.',
		fields: {address: common.address, lost: field.integer('Messages missing in this gap.', 1), lostMessages: field.integer('Of this sender so far.', 1)},
		others: {segment: common.segment},
		bound: perDirector(32), mark: {letter: 'w', rank: 1, tone: 'plain'}, tone: 'alarm',
		sentence: ({address, lost, lostMessages}, who) => `${lost} sync message${lost === 1 ? '' : 's'} of ${who(address)} lost before we could hear them; ${lostMessages} so far`,
		brief: 'sync messages lost', level: 'warning',
	}),
	limit: event('limit', {
		doc: 'Something found no room. The bounds keep anyone on the link from filling the memory, or the screen.',
		fields: {
			what: field.oneOf('What found no room: the bounds keep anyone on the link from filling the memory.', limitNames),
			count: field.integer('How many since the last such event.', 1), detail: field.text('The same in words.'),
		},
		bound: {most: 1, seconds: limitsToldSeconds, subject: 'bound'}, tone: 'warning',
		sentence: ({count, detail}) => `${count} ${detail}`,
	}),
	note: event('note', {
		doc: 'Somebody at the screen wrote a remark.',
		fields: {text: field.text('A remark of a person.')},
		mark: {letter: 'm', rank: 4, tone: 'plain'}, tone: 'fresh',
		sentence: ({text}) => text,
	}),
	source: event('source', {
		doc: 'Something happened to what is listened to, read from or written to.',
		fields: {state: field.text('up, down, gone, ended, failed; drops; clock; behind; of a recording up, failing, closed.')},
		others: {
			segment: common.segment, detail: field.text('Why, and what it hides.'), drops: field.integer('Packets lost there so far.'), lostChanges: field.integer('Changes that the reader of this output was too slow for.'),
			recording: field.text('The file, where this is about the recording.'), lost: field.integer('Packets that could not be recorded so far.'),
		},
		tone: 'warning',
		sentence: ({segment = '', state, detail, drops, recording, lost}) => recording === undefined
			? `${segment} ${state} ${detail ?? drops ?? ''}`
			: `recording to ${recording} ${state}, ${lost} packets lost${detail ? `: ${detail}` : ''}`,
	}),
	suspend: event('suspend', {
		doc: 'The host that listens slept.',
		fields: {seconds: field.number('How long this host slept.')}, tone: 'warning',
		sentence: ({seconds}) => `this host slept ${ago(seconds)}`,
	}),
	gap: event('gap', {
		doc: 'A log was not written for a time, and nothing was heard in it.',
		fields: {seconds: field.number('How long.'), from: field.text('Since then, RFC 3339.'), to: field.text('Until then.')}, tone: 'warning',
		sentence: ({from, to}) => `not heard from ${from} to ${to}`,
	}),
	config: event('config', {
		doc: 'The configuration was read again, after SIGHUP.',
		fields: {state: field.oneOf('What became of the new configuration.', ['reloaded', 'refused']), detail: field.text('What changed, or why not.')},
		sentence: ({state, detail}) => `configuration ${state}: ${detail}`,
	}),
	trigger: event('trigger', {
		doc: 'What became of the run of a trigger.',
		fields: {trigger: field.text('Its name.'), outcome: field.oneOf('How it ended.', ['ok', 'failed', 'timeout', 'dropped', 'dry-run', 'killed'])},
		others: {
			cause: field.text('The event that set it off.'), action: field.text('What ran.'), detail: field.text('Why.'), count: field.integer('How many were dropped.'), seconds: field.number('How long it took.'),
		},
		toneOf: ({outcome}) => outcome === 'ok' || outcome === 'dry-run' ? 'plain' : 'warning',
		sentence: ({trigger, outcome, count, action, cause, detail}) =>
			`${trigger} ${[outcome, count, action].filter(Boolean).join(' ')}${cause === undefined ? '' : `, on ${cause}`}${detail === undefined ? '' : `: ${detail}`}`,
	}),
} as const;

/** What a trigger with `none TIME:` tells its actions. No line has it, since it is not heard but missed. */
export const absent = event('absent', {
	doc: 'Nothing that passes the filter of a trigger happened for a time.',
	fields: {on: field.text('The filter.'), since: field.time('Since when.'), seconds: field.number('For how long.')},
});

export const eventKinds: readonly EventKind[] = Object.values(events);

/** The names of all events, as lines and filters have them. */
export const eventNames: readonly string[] = eventKinds.map(({name}) => name);

const kindByName = new Map(eventKinds.map(kind => [kind.name, kind]));
export const kindOf = (name: string): EventKind | undefined => kindByName.get(name);
