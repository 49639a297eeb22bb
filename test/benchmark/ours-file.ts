/* A capture file into the table, reading included. Prints one line of JSON. */
import {createPipeline, replayFile} from './pipeline.js';

const [path] = process.argv.slice(2);
const before = process.cpuUsage();
const pipeline = createPipeline();
await replayFile(path!, pipeline);
const {user, system} = process.cpuUsage(before);
console.log(JSON.stringify({cpuUs: user + system, records: pipeline.records(), sessions: pipeline.sessions()}));
