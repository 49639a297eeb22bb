import process from 'node:process';
import {type Monitor} from '../engine/monitor.js';
import {type Options} from '../options/options.js';
import {createTriggers} from '../output/triggers/triggers.js';
import {runnerOf} from '../output/triggers/actions.js';
import {type TriggerLog} from '../output/triggers/log.js';
import {filterProblem, UsageError} from '../options/usage-error.js';

const pollMs = 20;
/** Of the main thread, in one go; the screen and the output must live beside it. */
const budgetMs = 5;
/** Beyond the longest time limit of a trigger, at the end of a file. */
const finishGraceMs = 3000;

/** Triggers beside the screen or the output. */
export type RunningTriggers = {
	readonly log: TriggerLog;
	/** Takes what other options say about triggers. Throws a `UsageError`, and then all is as it was. */
	use(options: Options): void;
	/** Resolves when all that happened was looked at and what it set off has ended. */
	finish(): Promise<void>;
	/** Ends what runs. */
	kill(): void;
};

/** In replay and in the demo nothing is started, unless that is wanted. */
export const mayFire = ({read, demo, fireInReplay}: Options): boolean => fireInReplay || (read.length === 0 && !demo);

/** Starts to look at changes once the source is open, and privileges are given back. `through`: words before each command. Throws a `UsageError`. */
export const startTriggers = (monitor: Monitor, options: Options, through: readonly string[]): RunningTriggers => {
	const triggers = createTriggers({
		memory: monitor.memory,
		status: monitor.status,
		isDryRun: options.dryRun,
		clock: () => performance.now(),
		runnerOf: (action, timeoutMs) => runnerOf(action, {timeoutMs, through}),
	});
	let longestMs = 0;

	const use = (next: Options) => {
		const {aliases, pairs} = next;
		const some = mayFire(next) ? next.triggers : [];
		const problem = triggers.use({triggers: some, aliases, trusted: new Set(pairs.flatMap(({directors}) => directors))});
		if (problem) {
			throw new UsageError(filterProblem(problem.trigger.name, problem.trigger.on, {...problem.error, column: problem.error.column + problem.trigger.condition.filterAt}));
		}

		longestMs = Math.max(0, ...some.map(({timeoutMs}) => timeoutMs));
	};

	use(options);
	let timer: NodeJS.Timeout | undefined;
	const poll = () => {
		const isDone = triggers.poll(budgetMs);
		timer = setTimeout(poll, isDone ? pollMs : 0);
	};

	void monitor.started.then(poll);
	process.once('exit', triggers.kill);

	return {
		log: triggers.log,
		use,
		async finish() {
			clearTimeout(timer);
			while (!triggers.poll(budgetMs)) {
				await new Promise(resolve => {
					setImmediate(resolve);
				});
			}

			await triggers.finish(longestMs + finishGraceMs);
		},
		kill() {
			clearTimeout(timer);
			triggers.kill();
		},
	};
};
