import {type Gauge} from 'prom-client';
import {type Status} from '../../engine/status.js';
import {type TriggerTotals} from '../triggers/log.js';
import {type MetricsRegistry} from './registry.js';

const outcomes = [
	['ok', 'ok'], ['failed', 'failed'], ['timeout', 'timeout'], ['killed', 'killed'], ['dry-run', 'dryRun'], ['dropped-by-rate', 'droppedByRate'],
	['dropped-by-queue', 'droppedByQueue'], ['unknown-sender', 'unknownSender'], ['first-fill', 'firstFill'],
] as const satisfies ReadonlyArray<readonly [string, keyof TriggerTotals]>;

/** What this program does beside listening: the recording, what is published, and the triggers. Gives what refreshes it. */
export const createOwnMetrics = ({gauge, counter}: MetricsRegistry): ((status: Status | undefined, triggers: readonly TriggerTotals[]) => void) => {
	let recordingUp: Gauge | undefined;
	const recordedPackets = counter('recording_packets_total', 'Packets in the recording.');
	const recordedBytes = counter('recording_bytes_total', 'Bytes of the recording.');
	const recordingLost = counter('recording_lost_packets_total', 'Packets that could not be recorded.');
	let natsUp: Gauge | undefined;
	let natsWaiting: Gauge | undefined;
	const natsFrames = counter('nats_frames_total', 'Frames that were published.');
	const natsBytes = counter('nats_bytes_total', 'Bytes that were published, packed.');
	const natsRepeats = counter('nats_repeats_total', 'Times that something was published again.');
	const natsLost = counter('nats_lost_segments_total', 'Segments of the log that were deleted before they could be published.');
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

		const publishing = status?.publishing;
		if (publishing) {
			natsUp ??= gauge('nats_up', '1: connected to the NATS server, and accepted.');
			natsUp.set(publishing.state === 'connected' ? 1 : 0);
			natsWaiting ??= gauge('nats_waiting_bytes', 'Bytes of the log that wait to be published.');
			natsWaiting.set(publishing.waiting);
			natsFrames.grow(publishing.frames);
			natsBytes.grow(publishing.octets);
			natsRepeats.grow(publishing.repeats);
			natsLost.grow(publishing.lost);
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
