import {type Player} from '../sample/player.js';
import {type Sampler} from '../sample/sampler.js';
import {type ReplayStatus} from '../engine/status.js';
import {clockTime} from '../text/format.js';
import {secondUs} from '../wire/second.js';
import {type Action} from './keymap.js';
import {type Stage} from './stage.js';
import {reduceUi} from './reducer.js';
import {openPrompt} from './ui-state.js';

type TimeAction = Extract<Action, 'pause' | 'step-forward' | 'step-back' | 'forward' | 'backward' | 'go-to' | 'live' | 'more' | 'less'>;

/** Between two frames of what is not a file. */
const intervalSteps = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
/** One jump on or back. */
const jumpUs = 10 * secondUs;
/** What lies within a tenth of a second is one event: the picture stands in the middle of it. */
const halfEventUs = 50_000;
const leastSpeed = 1 / 16;
const mostSpeed = 1024;
/** From full speed down. */
const belowFullSpeed = 64;

/** Goes to a moment of a capture file, or says why not. */
export const seek = (stage: Stage, player: Player, timeUs: number): void => {
	const refusal = player.seek(timeUs, stage.sample().nowUs);
	if (refusal !== undefined) {
		stage.say(refusal);
	}
};

const otherSpeed = (speed: number, step: 1 | -1): number => {
	if (speed === Infinity) {
		return step === 1 ? Infinity : belowFullSpeed;
	}

	const next = Math.max(leastSpeed, speed * (step === 1 ? 2 : 0.5));
	return next > mostSpeed ? Infinity : next;
};

const otherInterval = (seconds: number, step: 1 | -1): number => {
	const last = intervalSteps.length - 1;
	const at = intervalSteps.findIndex(one => one >= seconds);
	return intervalSteps[Math.max(0, Math.min(last, (at === -1 ? last : at) + step))]!;
};

/** Goes through time: all of a capture file; elsewhere the picture can be stopped, and come more or less often. */
export const createTimeActs = (stage: Stage, sampler: Sampler, player: Player): Readonly<Record<TimeAction, () => void>> => {
	const replay = (): ReplayStatus | undefined => stage.sample().status?.replay;
	/** Where the last jump leads, while it is under way: the next one goes on from there, so that presses count. */
	let target: number | undefined;
	const hereUs = (): number => player.isSeeking() && target !== undefined ? target : stage.sample().nowUs;
	const goTo = (timeUs: number) => {
		target = timeUs;
		seek(stage, player, timeUs);
	};

	/** To the next or former event of the file; the survey of it knows those to come. */
	const stepEvent = (step: 1 | -1) => {
		const {index, notes, status} = stage.sample();
		const nowUs = hereUs();
		if (!player.hasPast()) {
			stage.say('events can be stepped through in a capture file or a log only; 6 shows those of this capture');
			return;
		}

		if (!index) {
			stage.say('still looking for the events');
			return;
		}

		const times = [...index.events, ...notes].map(({timeUs}) => timeUs).toSorted((one, other) => one - other);
		const at = step === 1 ? times.findIndex(timeUs => timeUs > nowUs + halfEventUs) : times.findLastIndex(timeUs => timeUs < nowUs - (3 * halfEventUs));
		if (at === -1) {
			stage.say(step === 1 ? 'no later event' : 'no earlier event');
		} else {
			player.pause();
			goTo(times[at]! + halfEventUs);
			// Said at once: going there may take a while.
			stage.say(`event ${at + 1} of ${times.length}, at ${clockTime(times[at]! + (status?.wallOffsetUs ?? 0), stage.setting().localTime)}`);
		}
	};

	/** Events of the file, or lines of the session that is looked at closely. */
	const step = (by: 1 | -1) => {
		if (stage.ui().detail?.kind === 'session') {
			stage.change(reduceUi(stage.ui(), by === 1 ? 'down' : 'up', stage.frame().extent));
		} else {
			stepEvent(by);
		}
	};

	const changePace = (by: 1 | -1) => {
		const pace = player.pace();
		if (pace) {
			const speed = otherSpeed(pace.speed, by);
			player.setSpeed(speed);
			stage.say(`replay at ${speed === Infinity ? 'full speed' : `${speed} times`}`);
			return;
		}

		const intervalSeconds = otherInterval(stage.setting().intervalSeconds, by);
		stage.set({intervalSeconds});
		sampler.setInterval(intervalSeconds * 1000);
		stage.say(`a frame every ${intervalSeconds} s`);
	};

	return {
		pause() {
			const {isPaused} = stage.ui();
			const pace = player.pace();
			if (!pace || isPaused) {
				stage.change({isPaused: !isPaused});
			} else if (stage.sample().ended) {
				stage.say('the end of the capture: [ or { go back, b goes to a time');
			} else if (pace.isPaused) {
				player.resume();
			} else {
				player.pause();
			}
		},
		'step-forward'() {
			step(1);
		},
		'step-back'() {
			step(-1);
		},
		forward() {
			goTo(hereUs() + jumpUs);
		},
		backward() {
			goTo(hereUs() - jumpUs);
		},
		'go-to'() {
			const {detail} = stage.ui();
			const {view: {rowAt, momentOf}, place} = stage.frame();
			const row = momentOf && !detail ? rowAt(stage.sample(), stage.ui(), place.cursor) : undefined;
			if (!player.hasPast()) {
				stage.say('this is no capture file and no log: it cannot be gone through again');
			} else if (row) {
				goTo(momentOf!(row) + halfEventUs);
			} else {
				const change = detail?.kind === 'session' ? stage.sample().session?.history[detail.offset] : undefined;
				stage.change(openPrompt(stage.ui(), 'time', change ? clockTime(change.timeUs, stage.setting().localTime).slice(0, 8) : ''));
			}
		},
		live() {
			stage.change({isPaused: false, isHeld: false, follow: undefined});
			player.goLive();
			if (replay() && !stage.sample().ended) {
				goTo(Number.MAX_SAFE_INTEGER);
			}
		},
		more() {
			changePace(1);
		},
		less() {
			changePace(-1);
		},
	};
};
