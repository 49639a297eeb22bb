/*
Runs one scenario and keeps what it leaves: `node --import=tsx test/lab/run.ts NUMBER FOLDER`. NUMBER is the place of the scenario in the full form, from 1.
*/
import fs from 'node:fs';
import process from 'node:process';
import {boot} from './boot.js';
import {fullForm} from './scenario.js';

const [,, number = '1', folder = ''] = process.argv;
fs.mkdirSync(folder, {recursive: true});
await boot(fullForm[Number(number) - 1]!, folder);
