/*
A capture in memory into the table: decode, update, expiry, counters; after a shorter one with some of the same sessions,
which has the code compiled. Prints one line of JSON.
*/
import {createPipeline, readWhole} from './pipeline.js';

const [path, warmUpPath, maxSessions = '2000000'] = process.argv.slice(2);
// One table only, as in the program: with a second one V8 would give up what it knows about the first
const pipeline = createPipeline({maxSessions: Number(maxSessions)});
readWhole(warmUpPath!)(pipeline);
const warmUpRecords = pipeline.records();
const run = readWhole(path!);
const before = process.cpuUsage();
run(pipeline);
const {user, system} = process.cpuUsage(before);
console.log(JSON.stringify({cpuUs: user + system, records: pipeline.records() - warmUpRecords, sessions: pipeline.sessions()}));
