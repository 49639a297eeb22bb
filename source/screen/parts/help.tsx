import {Box} from 'ink';
import {bareWords} from '../../filter/expression.js';
import {fields} from '../../filter/fields.js';
import {fit, line, type Line, wrapText} from '../../text/line.js';
import {oncePerFrame, type Page} from '../frame.js';
import {keyHelp, type HelpEntry} from '../keymap.js';
import {Lines} from '../theme.js';
import {type Detail} from '../ui-state.js';
import {signHelp} from '../views/sessions/signs.js';
import {views} from '../views/views.js';

const facts: readonly HelpEntry[] = [
	{group: 'HEADER', keys: 'listening', help: 'or heard, where there is little room: how long we have listened: a monitor knows only what was announced since; most sessions are known after a minute or two'},
	{group: 'HEADER', keys: 'drops', help: 'packets that this host lost before reading them; our fault, not the directors\''},
	{group: 'HEADER', keys: 'sync msgs lost', help: 'sync messages missing in the sequence of a director: up to 40 records each never reached us'},
	{group: 'HEADER', keys: 'MASTER', help: 'by VRRP adverts, whose age stands beside, or by its claim of the address (ARP) and its sync; SENDING means that only its sync was heard'},
	{group: 'HEADER', keys: 'LISTENS', help: 'it joined the sync group and said nothing else: a backup, or another monitor such as this one. Beside VRRP it counts as a backup when it is in the group of VRRP, too, or when --pair names it'},
	{group: 'HEADER', keys: 'GONE', help: 'its adverts stopped; RESIGNED: with priority 0, in order; VRRP GONE: its sync goes on, so keepalived is dead or its adverts are blocked; SILENT: another sends in its place'},
	{group: 'HEADER', keys: '*', help: 'who is master; two stars are two masters'},
	{group: 'HEADER', keys: 'if A died', help: 'or came back, or gave back to another: what that would cost now, by what the other one knows. DO NOT fail back: more would be lost than is now'},
	{group: 'HEADER', keys: 'A B', help: 'directors, by the names of the configuration, else by letters in the order of their addresses'},
	{group: 'HEADER', keys: 'CRASH', help: 'the last takeover: the adverts of the old master stopped; PLANNED: it resigned; PREEMPT: a higher priority spoke up; BACK: so it did, and had been master before; MOVED: the address was claimed by another, no adverts heard; SENDER: only the sender of sync changed'},
	{group: 'HEADER', keys: 'knows N of M', help: 'open TCP and SCTP sessions that were sent to a director while it listened, or that it announced; whether it received them cannot be seen'},
	{group: 'HEADER', keys: 'open', help: 'TCP (and SCTP) sessions in ESTABLISHED; UDP: flows, which no takeover resets: they are scheduled anew'},
	{group: 'HEADER', keys: 'heard again', help: 'of the sessions open at the takeover: announced again by the new master, and open; those that were closed since stand beside'},
	{group: 'HEADER', keys: 'waiting', help: 'not announced by the new master yet: normal, it announces an inherited session after up to 50 client packets'},
	{group: 'HEADER', keys: 'overdue', help: 'silent for longer than its own earlier rhythm explains'},
	{group: 'HEADER', keys: 'ran out', help: 'timer ended while open: ordinary idling does that too'},
	{group: 'HEADER', keys: 'new/s', help: 'sessions announced for the first time, which is at their 3rd client packet: a SYN flood or a dead real server shows 0'},
	{group: 'HEADER', keys: 'letters in a bar', help: 'E established U udp F fin-wait T time-wait C close W close-wait R syn-recv S syn-sent L last-ack'},
];

const filters: readonly HelpEntry[] = [
	{group: 'FILTER', keys: '203.0.113.9', help: 'any address; 203.0. begins so; 10.0.0.0/8 is a net; :443 a port'},
	{group: 'FILTER', keys: 'vip=192.0.2.10:443 !state=tw', help: 'a space is and; or, parentheses, ! or not'},
	{group: 'FILTER', keys: 'state!=est,tw exp<30s', help: 'a comma is or; = != < <= > >= ~ (pattern) !~'},
	{group: 'FILTER', keys: 'vip=[2001:db8::10]:443', help: 'IPv6 needs brackets only with a port'},
	{group: 'FILTER', keys: bareWords.join(' '), help: 'tests by themselves'},
	{group: 'FILTER', keys: 'fields', help: Object.entries(fields).map(([name, {aliases}]: [string, {aliases?: readonly string[]}]) => aliases ? `${name} (${aliases.join(' ')})` : name).join(', ')},
];

const columnFacts = (): readonly HelpEntry[] => views.flatMap(({columns, columnGroup}) => columns.map(({title, help}) => ({group: columnGroup ?? '', keys: title, help})));

/** Everything that can be looked up, as lines: those that hold what is searched for. */
const helpLines = (keys: readonly HelpEntry[], search: string, columns: number): Line[] => {
	const all = [...keys, ...signHelp().map(entry => ({group: 'SIGN', ...entry})), ...facts, ...columnFacts(), ...filters];
	const wanted = search.trim().toLowerCase();
	const found = wanted === '' ? all : all.filter(({group, keys: label, help}) => `${group} ${label} ${help}`.toLowerCase().includes(wanted));
	const lines: Line[] = [];
	let former = '';
	for (const {group, keys: label, help} of found) {
		const head = `${(group === former ? '' : group).padEnd(7)} ${label.padEnd(11)} `;
		const room = Math.max(20, columns - 20);
		for (const [index, text] of wrapText(help, room).entries()) {
			const start = index === 0 ? head.padEnd(20) : ' '.repeat(20);
			lines.push(line(fit(`${start}${text}`, columns), 'plain', index === 0 && group !== former ? [{at: 0, length: Math.min(group.length, columns), tone: 'heading'}] : []));
		}

		former = group;
	}

	return lines.length === 0 ? [line('  nothing of that name; Backspace', 'dim')] : lines;
};

/** What is on the page of a session, or of a virtual service. */
const detailHelp: Readonly<Record<Detail['kind'], ReadonlyArray<readonly [keys: string, help: string]>>> = {
	session: [
		['now', 'what the master that serves it now makes of it: KEPT, RESET, or ANEW for UDP'],
		['next', 'what would become of it if that one died now: whether the likeliest successor was sent it'],
		['expires', 'what remains of its timer, what was granted, and when'],
		['seen by', 'who announced it last, and who before'],
		['history', 'its changes, latest first; j k scroll, b goes to the moment'],
		['not seen', 'what is never announced, so that nobody who listens can know it'],
	],
	vip: [
		['state', 'its sessions by state, and as a bar of letters'],
		['expiry', 'how many have how much time left'],
		['trend', 'new sessions per five seconds, latest on the right'],
		['takeover', 'what the new master knew, and what became of the sessions that were open; fate: what the next one would know'],
		['z', 'idle: a real server without a new session while its peers had some'],
	],
};

/** Begins with what it was asked for from: what stands on that page, or the columns of that view. */
const linesOf = oncePerFrame(({ui: {overlay, detail}, columns, view}) => {
	const search = overlay?.kind === 'help' ? overlay.search.text : '';
	const here = detail ? detailHelp[detail.kind] : view.columns.filter(({from}) => columns >= from).map(({title, help}) => [title, help] as const);
	return helpLines([...(search === '' ? here : []).map(([keys, help]) => ({group: 'HERE', keys, help})), ...keyHelp()], search, columns);
});

/** The overlay: what is typed, and as much as fits. */
export const helpPage: Page = {
	extent: frame => ({total: linesOf(frame).length, visible: Math.max(1, frame.rows - 2), across: 1}),
	needs: () => ({}),
	Picture({frame}) {
		const {ui: {overlay}, columns, extent: {total, visible}} = frame;
		const {search, offset} = overlay?.kind === 'help' ? overlay : {search: {text: '', cursor: 0}, offset: 0};
		const first = Math.max(0, Math.min(offset, total - visible));
		const shown = linesOf(frame).slice(first, first + visible);
		const title = `HELP  type to search: ${search.text} `;
		const typedAt = title.length - 1 - search.text.length;
		return (
			<>
				<Lines lines={[line(fit(title, columns), 'title', [{at: 0, length: typedAt, tone: 'title'}, {at: typedAt + search.cursor, length: 1, tone: 'selected'}])]}/>
				<Box flexDirection='column' height={visible}><Lines lines={shown}/></Box>
				<Lines lines={[line(fit(`${first + 1}-${first + shown.length} of ${total}   Up Down PgUp PgDn scroll   Esc close`, columns), 'dim')]}/>
			</>
		);
	},
};
