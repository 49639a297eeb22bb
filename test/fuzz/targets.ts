import {createCheckpointTarget} from './checkpoint-target.js';
import {createConfigTarget} from './config-target.js';
import {createFilterTarget} from './filter-target.js';
import {createGzipTarget} from './gzip-target.js';
import {createRequestTarget} from './request-target.js';
import {createSavefileTarget} from './savefile-target.js';
import {createSegmentTarget} from './segment-target.js';
import {createTableTarget} from './table-target.js';
import {type Target} from './target.js';
import {createWireTarget} from './wire-target.js';

/** Does something with a target whose kind of input nobody else has to know. */
type Use<Result> = <Input>(target: Target<Input>) => Result;

/** Each makes its target anew and hands it on. */
export const targets = {
	wire: <Result>(use: Use<Result>) => use(createWireTarget()),
	savefile: <Result>(use: Use<Result>) => use(createSavefileTarget()),
	filter: <Result>(use: Use<Result>) => use(createFilterTarget()),
	table: <Result>(use: Use<Result>) => use(createTableTarget()),
	checkpoint: <Result>(use: Use<Result>) => use(createCheckpointTarget()),
	segment: <Result>(use: Use<Result>) => use(createSegmentTarget()),
	gzip: <Result>(use: Use<Result>) => use(createGzipTarget()),
	request: <Result>(use: Use<Result>) => use(createRequestTarget()),
	config: <Result>(use: Use<Result>) => use(createConfigTarget()),
} as const;

export type TargetName = keyof typeof targets;
export const targetNames = Object.keys(targets) as readonly TargetName[];
