/** Packets that come this much later than the quickest ones mean that the other clock was set, or that the stream stood still. */
const jumpUs = 5_000_000;
/** Clocks drift: what the quickest packet took is found anew in each of these. */
const windowUs = 60_000_000;

/**
From the time stamps of another host's clock to our timeline. The difference of the two clocks is taken from the packets that
came quickest of late; a packet is never in the future.
*/
export const createStreamTime = (nowUs: () => number): (timeUs: number) => number => {
	let least = Infinity;
	let formerLeast = Infinity;
	let windowEndUs = 0;

	return timeUs => {
		const arrivalUs = nowUs();
		const offset = arrivalUs - timeUs;
		if (arrivalUs >= windowEndUs) {
			formerLeast = least;
			least = Infinity;
			windowEndUs = arrivalUs + windowUs;
		}

		if (offset - Math.min(least, formerLeast) > jumpUs) {
			least = Infinity;
			formerLeast = Infinity;
		}

		least = Math.min(least, offset);
		return Math.min(arrivalUs, timeUs + Math.min(least, formerLeast));
	};
};
