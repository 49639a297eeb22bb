/* A capture file into the table, reading included, as `-r FILE --list` does it: nobody reads the changes. Prints one line of JSON. */
import {unreadChanges} from '../../source/table/memory.js';
import {createPipeline, replayFile} from './pipeline.js';

const [path] = process.argv.slice(2);
const before = process.cpuUsage();
const pipeline = createPipeline({changeCapacity: unreadChanges});
await replayFile(path!, pipeline);
const {user, system} = process.cpuUsage(before);
console.log(JSON.stringify({cpuUs: user + system, records: pipeline.records(), sessions: pipeline.sessions()}));
