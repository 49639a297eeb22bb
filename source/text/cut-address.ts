const mark = '~';

/** `[2001:db8:40::10]:443` keeps its first two groups, then one, the last group and the port. */
const cutIpv6 = (text: string, width: number): string => {
	const close = text.indexOf(']');
	const inner = close === -1 ? text : text.slice(1, close);
	const port = close === -1 ? '' : text.slice(close + 1);
	const open = close === -1 ? '' : '[';
	const shut = close === -1 ? '' : ']';
	const groups = inner.split(':');
	const last = groups.at(-1)!;
	const room = width - open.length - shut.length - port.length;
	for (const head of [2, 1]) {
		const start = `${groups.slice(0, head).join(':')}${head === 1 ? ':' : ''}`;
		const end = room - start.length - mark.length;
		// As much of the end as there is room for, at least the last group.
		if (end >= last.length) {
			return `${open}${start}${mark}${inner.slice(inner.length - end)}${shut}${port}`;
		}
	}

	return room > mark.length
		? `${open}${mark}${inner.slice(inner.length - room + mark.length)}${shut}${port}`
		: `${mark}${text.slice(text.length - width + 1)}`;
};

/**
An address or endpoint that stays recognisable when cut; the cut is marked with `~`. An IPv4 address keeps its end, which tells
hosts of one network apart; an IPv6 address keeps the network, the last group and the port.
*/
export const cutAddress = (text: string, width: number): string => {
	if (text.length <= width) {
		return text;
	}

	if (width < 2) {
		return mark.slice(0, width);
	}

	return text.includes('.') && !text.includes('::') ? `${mark}${text.slice(text.length - width + 1)}` : cutIpv6(text, width);
};

/** The least width, from `least` up to the longest text, at which texts that differ still differ when cut. */
export const distinctWidth = (texts: readonly string[], least: number): number => {
	const all = [...new Set(texts)];
	const longest = Math.max(0, ...all.map(text => text.length));
	for (let width = Math.min(least, longest); width < longest; width++) {
		if (new Set(all.map(text => cutAddress(text, width))).size === all.length) {
			return width;
		}
	}

	return longest;
};
