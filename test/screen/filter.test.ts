import assert from 'node:assert/strict';
import {test} from 'node:test';
import {capture} from '../support/program.js';
import {openTerminal} from '../support/terminal.js';

/* Every operator and kind of value of the filter, typed into the bar: how many of the sessions remain, read from the screen. */
const crash = ['-r', capture('failover-nopreempt.pcap'), '--at', '+120'];

const filters: ReadonlyArray<readonly [filter: string, remain: number]> = [
	['proto=udp', 20],
	['proto==udp', 20],
	['proto!=udp', 331],
	['!proto=udp', 331],
	['not proto=udp', 331],
	['udp or state=est', 240],
	['udp || state=est', 240],
	['(udp or state=est) real=192.168.10.1', 120],
	['proto=tcp and state=fin', 111],
	['proto=tcp && state=fin', 111],
	['state=est,fin', 331],
	['state!=est,fin', 20],
	['203.0.113.0/24', 193],
	['client=203.0.113.88', 3],
	['203.0.113.88', 3],
	['vip=192.168.10.100:5353', 20],
	[':5353', 20],
	['vport=80,5353', 351],
	['vport=5000-6000', 20],
	['vport<100', 331],
	['vport<=80', 331],
	['vport>80', 20],
	['vport>=5353', 20],
	['client~"^203\\.0\\.113\\.8"', -1],
	['client!~203', -1],
	['age>1m', -1],
	['exp<2m', -1],
	['flag=inactive', -1],
	['dir=A', -1],
	['fwd=route', -1],
	['syncid=51', 351],
	['open', 240],
	['account=heard', 15],
	['account=waiting', -1],
];

test('every operator of the filter selects, and n of m stands on the screen', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => screen.includes('351 of 351'));
	for (const [filter, remain] of filters) {
		terminal.type(`/\u0015\u000B${filter}\r`);
		const screen = await terminal.until(text => text.includes(`/ ${filter}`) && text.includes('FILTERED') && !text.includes('looking:') && / \d+ of 351/v.test(text));
		const matched = Number(/ (?<matched>\d+) of 351/v.exec(screen)?.groups?.['matched']);
		assert.ok(remain < 0 ? matched > 0 && matched < 352 : matched === remain, `${filter}: ${matched}`);
	}

	terminal.type('Q');
	await terminal.exit;
});

test('what does not hold is marked at its column, and the last filter stays in force', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => screen.includes('351 of 351'));
	terminal.type('/proto=udp');
	await terminal.until(screen => screen.includes('20 of 351'));
	terminal.type(' vport=htt');
	await terminal.until(text => /\/ proto=udp vport=htt .*20 of 351/v.test(text));
	// Only when the word is over it is too late to become right.
	terminal.type('p ');
	const screen = await terminal.until(text => text.includes('column 17: '));
	assert.match(screen, /http is not a port/v);
	assert.match(screen, /^>.*UDP/mv);
	assert.doesNotMatch(screen, /^[ >].{2}TCP /mv);
	assert.match(terminal.styled().join('\n'), /\{[^\|]*red\|http/v);
	terminal.type('\u0017vport=5353');
	await terminal.until(text => /\/ proto=udp vport=5353.*20 of 351/v.test(text));
	terminal.type('\u001B');
	await terminal.until(text => text.includes('351 of 351'));
	terminal.type('Q');
	await terminal.exit;
});

test('filters have a history and names', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => screen.includes('351 of 351'));
	terminal.type('/proto=udp\r');
	await terminal.until(screen => screen.includes('20 of 351'));
	terminal.type('/\u0015@fin=state=fin\r');
	await terminal.until(screen => screen.includes('saved as @fin') && screen.includes('111 of 351'));
	terminal.type('/\u0015');
	await terminal.until(screen => /^\/ +351 of 351$/mv.test(screen));
	terminal.type('\u001B[A');
	await terminal.until(screen => /^\/ state=fin/mv.test(screen));
	terminal.type('\u001B[A');
	await terminal.until(screen => /^\/ proto=udp/mv.test(screen));
	terminal.type('\u001B[B\u001B[B\r');
	terminal.type('/\u0015@fin\r');
	await terminal.until(screen => screen.includes('111 of 351') && screen.includes('/ state=fin'));
	terminal.type('/\u0015@nothing\r');
	await terminal.until(screen => screen.includes('no filter is saved as @nothing'));
	terminal.type('\u0003');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('the column of what does not hold is counted in the line that is typed, a name before it included', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => screen.includes('351 of 351'));
	terminal.type('/@x=vport=http ');
	await terminal.until(screen => screen.includes('column 10: http is not a port'));
	assert.match(terminal.styled().join('\n'), /\{[^\|]*red\|http/v);
	terminal.type('\r');
	await terminal.until(screen => screen.includes('this filter does not hold, the last one stays'));
	terminal.type('\u0003');
	await terminal.exit;
});

test('a filter is recalled by any name that the configuration may give it, and by no other', async () => {
	const terminal = openTerminal([...crash, '--saved', 'web.udp=proto=udp']);
	await terminal.until(screen => screen.includes('351 of 351'));
	terminal.type('/@web.udp\r');
	await terminal.until(screen => screen.includes('20 of 351') && screen.includes('FILTERED'));
	terminal.type('/\u0015@constructor\r');
	await terminal.until(screen => screen.includes('no filter is saved as @constructor; there is @web.udp'));
	terminal.type('\u0003');
	const {exitCode} = await terminal.exit;
	assert.equal(exitCode, 0);
});

test('a line to find that is taken out of the history is judged anew', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => screen.includes('351 of 351'));
	terminal.type('\\203.0.113.88\r');
	await terminal.until(screen => screen.includes('found: 203.0.113.88'));
	terminal.type('\\vport=http ');
	await terminal.until(screen => screen.includes('http is not a port'));
	terminal.type('\u001B[A\r');
	await terminal.until(screen => screen.includes('found: 203.0.113.88'));
	terminal.type('\u0003');
	await terminal.exit;
});

test('a filter that speaks of events lists those in view 6, and elsewhere it is said not to apply', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => screen.includes('351 of 351'));
	terminal.type('6');
	await terminal.until(screen => screen.includes('newest first'));
	terminal.type('/event=takeover,vrrp\r');
	const screen = await terminal.until(text => text.includes('/ event=takeover,vrrp') && text.includes('FILTERED') && !/ new +TCP/v.test(text));
	const listed = [...screen.matchAll(/^[ >] \d\d:\d\d:\d\d\.\d{3} (?<name>\S+)/gmv)].map(({groups}) => groups!['name']);
	assert.ok(listed.length >= 2 && listed.every(name => name === 'takeover' || name === 'vrrp'), screen);
	terminal.type('1');
	await terminal.until(text => /\/ event=takeover,vrrp +of events: not applied to sessions: key 6$/mv.test(text));
	terminal.type('/\u0015account=waiting\r');
	await terminal.until(text => /^\/ account=waiting: open at the takeover, silent since +\d+ of 351/mv.test(text) && text.includes('FILTERED'));
	terminal.type('6');
	await terminal.until(text => /\/ account=waiting +of sessions alone: not applied to events$/mv.test(text));
	terminal.type('/\u0015event=takeovr ');
	await terminal.until(text => text.includes('column 7: unknown event takeovr'));
	terminal.type('\u0003');
	await terminal.exit;
});

test('find looks for sessions: what only events have is refused', async () => {
	const terminal = openTerminal(crash);
	await terminal.until(screen => screen.includes('351 of 351'));
	terminal.type('\\event=takeover ');
	await terminal.until(screen => screen.includes('column 1: event: sessions have no event'));
	terminal.type('\u0003');
	await terminal.exit;
});

test('the command line takes a filter of events for the screen', async () => {
	const terminal = openTerminal([...crash, 'event=takeover']);
	await terminal.until(screen => screen.includes('of events: not applied to sessions: key 6') && screen.includes('FILTERED'));
	terminal.type('Q');
	await terminal.exit;
});

test('names of the configuration stand for addresses until they are switched off; copies and details keep the addresses', async () => {
	const terminal = openTerminal([...crash, '--alias', 'web=192.168.10.100', '--alias', 'rs1=192.168.10.1', 'proto=tcp']);
	await terminal.until(screen => /^>.* web:80 +(?:rs1|192\.168\.10\.2):80 /mv.test(screen));
	terminal.type('y');
	await terminal.until(screen => /copied: TCP ESTABLISHED \S+ 192\.168\.10\.100:80 192\.168\.10\.\d:80/v.test(screen));
	terminal.type('\r');
	await terminal.until(screen => /^SESSION TCP \S+ > 192\.168\.10\.100:80 > [\s\S]+^names +virtual web:80/mv.test(screen));
	terminal.type('qa');
	await terminal.until(screen => screen.includes('addresses as they are') && /^>.* [\d.~]*10\.100:80 /mv.test(screen) && !screen.includes(' web:80 '));
	terminal.type('Q');
	await terminal.exit;
});
