import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type Sample} from '../../source/sample/sample.js';
import {type RecordingStatus} from '../../source/recording/recording.js';
import {eventText} from '../../source/screen/parts/event-text.js';
import {stateWords} from '../../source/sample/source-words.js';
import {capture} from '../support/program.js';
import {openTerminal, standsStill} from '../support/terminal.js';

const withRecording = (recording: Partial<RecordingStatus>): Sample => ({
	isSeeking: false, ended: undefined, isPaused: false, isHeld: false,
	status: {recording: {file: 'x.pcap', state: 'up', detail: '', packets: 1, octets: 1, files: 1, lost: 0, waiting: 0, ...recording}},
} as unknown as Sample);

test('a recording that is not whole stands in the first line, one that is does not', () => {
	assert.equal(stateWords(withRecording({})), '');
	assert.equal(stateWords(withRecording({state: 'failing', detail: 'ENOSPC'})), 'REC FAILING');
	assert.equal(stateWords(withRecording({state: 'closed'})), 'REC CLOSED');
	assert.equal(stateWords(withRecording({lost: 1234})), 'REC LOST 1234');
});

test('the event of a recording says which file and why', () => {
	const {text} = eventText({timeUs: 1, event: 'source', fields: {event: 'source', recording: 'x.pcap', state: 'failing', detail: 'ENOSPC', lost: 3}}, undefined);
	assert.equal(text, 'recording to x.pcap failing, 3 packets lost: ENOSPC');
});

test('what became of a trigger is a line among the events', async () => {
	// The run ends at some time of the replay, which goes as fast as it can: any number of events may be newer.
	const terminal = openTerminal([
		'-r', capture('failover-nopreempt.pcap'), '--speed', 'max',
		'--on', 'event=takeover', '--exec', '/bin/false', '--fire-in-replay',
	], {rows: 320});
	await terminal.until(standsStill);
	terminal.type('6');
	await terminal.until(screen => screen.includes('EVENTS'));
	terminal.type('/event=trigger\r');
	const screen = await terminal.until(text => /^.{2}\d\d:\d\d:\d\d\S* trigger +\S.* failed/mv.test(text));
	assert.match(screen, /on takeover/v);
	terminal.type('Q');
	await terminal.exit;
});
