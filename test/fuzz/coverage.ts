import {Session, type Profiler} from 'node:inspector';

/** The counts of V8's blocks since the look before. */
type Look = readonly Profiler.ScriptCoverage[];

export type Coverage = {
	/** What was reached since the last look. */
	look(): Look;
	/** Whether that holds code which was not reached before. */
	isNew(look: Look): boolean;
	/** From now on it is known. */
	keep(look: Look): void;
	/** Blocks of code reached so far, and the characters in them. */
	reached(): {readonly blocks: number; readonly characters: number};
};

type Script = {
	/** 1 for each character that was reached. */
	known: Uint8Array;
	/** Where blocks begin and end, as far as V8 has named them: it joins neighbours that ran equally often. */
	readonly edges: Set<number>;
};

/** Which characters ran. A range inside another one has the say over its part. */
const paint = ({functions}: Profiler.ScriptCoverage): Uint8Array => {
	const end = functions.reduce((last, {ranges}) => Math.max(last, ranges[0]!.endOffset), 0);
	const painted = new Uint8Array(end);
	for (const {ranges} of functions) {
		for (const {startOffset, endOffset, count} of ranges) {
			painted.fill(count > 0 ? 1 : 0, startOffset, endOffset);
		}
	}

	return painted;
};

let session: Session | undefined;

/** Starts the counting of V8, once and for all: counted anew after a stop, functions are no longer divided into blocks. */
const start = (): Session => {
	if (!session) {
		session = new Session();
		session.connect();
		session.post('Profiler.enable');
		session.post('Profiler.startPreciseCoverage', {callCount: true, detailed: true});
	}

	return session;
};

/** Counts blocks of the code whose URL matches, with the coverage that V8 has built in. */
export const createCoverage = (covers: RegExp): Coverage => {
	const counting = start();
	const scripts = new Map<string, Script>();
	const look = (): Look => {
		let found: Look = [];
		counting.post('Profiler.takePreciseCoverage', (error, taken) => {
			if (error) {
				throw error;
			}

			found = taken.result.filter(({url}) => covers.test(url));
		});
		return found;
	};

	// What ran before is nobody's.
	look();
	return {
		look,
		isNew: taken => taken.some(script => {
			const known = scripts.get(script.scriptId)?.known ?? new Uint8Array(0);
			const painted = paint(script);
			for (const [at, element] of painted.entries()) {
				if (element === 1 && known[at] !== 1) {
					return true;
				}
			}

			return false;
		}),
		keep(taken) {
			for (const script of taken) {
				const painted = paint(script);
				const {known, edges} = scripts.get(script.scriptId) ?? {known: painted, edges: new Set()};
				const larger = known.length < painted.length ? new Uint8Array(painted.length) : known;
				if (larger !== known) {
					larger.set(known);
				}

				for (const [at, element] of painted.entries()) {
					larger[at]! |= element!;
				}

				for (const {ranges} of script.functions) {
					for (const {startOffset, endOffset} of ranges) {
						edges.add(startOffset).add(endOffset);
					}
				}

				scripts.set(script.scriptId, {known: larger, edges});
			}
		},
		reached() {
			let blocks = 0;
			let characters = 0;
			for (const {known, edges} of scripts.values()) {
				blocks += [...edges].filter(edge => known[edge] === 1).length;
				characters += known.reduce((sum, isReached) => sum + isReached, 0);
			}

			return {blocks, characters};
		},
	};
};
