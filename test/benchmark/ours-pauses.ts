/* Pauses of the garbage collector while a capture file is replayed. Prints one line of JSON. */
import {PerformanceObserver} from 'node:perf_hooks';
import {createPipeline, replayFile} from './pipeline.js';

const [path] = process.argv.slice(2);
const pauses: number[] = [];
const observer = new PerformanceObserver(list => {
	for (const {duration} of list.getEntries()) {
		pauses.push(duration);
	}
});
observer.observe({entryTypes: ['gc']});
const pipeline = createPipeline();
await replayFile(path!, pipeline);
// Entries are handed over in a later turn
await new Promise(resolve => {
	setTimeout(resolve, 50);
});
observer.disconnect();
console.log(JSON.stringify({
	longestMs: Math.max(0, ...pauses),
	totalMs: pauses.reduce((sum, pause) => sum + pause, 0),
	count: pauses.length,
	records: pipeline.records(),
}));
