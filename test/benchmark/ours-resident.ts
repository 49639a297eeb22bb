/* How much memory a table grows by for each session. Wants --expose-gc. Prints one line of JSON. */
import {entryWords} from '../../source/table/entry.js';
import {createTableMemory} from '../../source/table/memory.js';
import {createPipeline, replayFile} from './pipeline.js';

const [path, warmUpPath] = process.argv.slice(2);

const residentOctets = (): number => {
	globalThis.gc!();
	globalThis.gc!();
	return process.memoryUsage.rss();
};

// The code, the buffers and the scratch arrays are not the sessions'
await replayFile(warmUpPath!, createPipeline());
// What happened is kept in rings of a fixed size, for which the table is not to be charged
const pipeline = createPipeline({changeCapacity: 1024, departedCapacity: 1024});
const before = residentOctets();
await replayFile(path!, pipeline);
const after = residentOctets();
const {changeCapacity, departedCapacity} = createTableMemory().sizes;
console.log(JSON.stringify({
	octetsEach: (after - before) / pipeline.sessions(),
	ringOctets: (changeCapacity + departedCapacity) * entryWords * 4,
}));
