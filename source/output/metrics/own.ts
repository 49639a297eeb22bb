import {type Gauge} from 'prom-client';
import {type Status} from '../../engine/status.js';
import {type TriggerTotals} from '../triggers/log.js';
import {type MetricsRegistry} from './registry.js';

const outcomes = [
	['ok', 'ok'], ['failed', 'failed'], ['timeout', 'timeout'], ['killed', 'killed'], ['dry-run', 'dryRun'], ['dropped-by-rate', 'droppedByRate'],
	['dropped-by-queue', 'droppedByQueue'], ['unknown-sender', 'unknownSender'], ['first-fill', 'firstFill'],
] as const satisfies ReadonlyArray<readonly [string, keyof TriggerTotals]>;

/** What this program does beside listening: the recording and the triggers. Gives what refreshes it. */
export const createOwnMetrics = ({gauge, counter}: MetricsRegistry): ((status: Status | undefined, triggers: readonly TriggerTotals[]) => void) => {
	let recordingUp: Gauge | undefined;
	const recordedPackets = counter('recording_packets_total', 'Packets in the recording.');
	const recordedBytes = counter('recording_bytes_total', 'Bytes of the recording.');
	const recordingLost = counter('recording_lost_packets_total', 'Packets that could not be recorded.');
	const fired = counter('trigger_fired_total', 'Events that set a trigger off.', ['trigger']);
	const runs = counter('trigger_runs_total', 'What became of these: how the run ended, or why there was none.', ['trigger', 'outcome']);

	return (status, triggers) => {
		const recording = status?.recording;
		if (recording) {
			// A series at 0 would say that a recording fails where there is none.
			recordingUp ??= gauge('recording_up', '1: the recording can be written.');
			recordingUp.set(recording.state === 'up' ? 1 : 0);
			recordedPackets.grow(recording.packets);
			recordedBytes.grow(recording.octets);
			recordingLost.grow(recording.lost);
		}

		for (const totals of triggers) {
			const trigger = totals.name;
			fired.grow(totals.fired, {trigger});
			for (const [outcome, of] of outcomes) {
				runs.grow(totals[of], {trigger, outcome});
			}
		}
	};
};
