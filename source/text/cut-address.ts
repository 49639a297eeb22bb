const mark = '~';

/** The longest end of `text` that begins after one of `joints` and has room in `width`; '' where not even the last part has. */
const wholeEnd = (text: string, width: number, joint: RegExp): string => {
	const starts = Array.from(text.matchAll(joint), ({index}) => index + 1);
	const start = starts.find(from => text.length - from <= width);
	return start === undefined ? '' : text.slice(start);
};

/** `[2001:db8:40::10]:443` keeps its first two groups, else one, and as many of the last groups as there is room for, and the port. */
const cutIpv6 = (text: string, width: number): string => {
	const close = text.indexOf(']');
	const inner = close === -1 ? text : text.slice(1, close);
	const port = close === -1 ? '' : text.slice(close + 1);
	const open = close === -1 ? '' : '[';
	const shut = close === -1 ? '' : ']';
	const groups = inner.split(':');
	const room = width - open.length - shut.length - port.length;
	for (const head of [2, 1, 0]) {
		const start = head === 0 ? '' : `${groups.slice(0, head).join(':')}:`;
		const end = wholeEnd(inner, room - start.length - mark.length, /:/gv);
		if (end !== '') {
			return `${open}${start}${mark}${end}${shut}${port}`;
		}
	}

	return `${mark}${text.slice(text.length - width + 1)}`;
};

/**
An address or endpoint that stays recognisable when cut, at whole octets or groups; the cut is marked with `~`. An IPv4 address
keeps its end, which tells hosts of one network apart; an IPv6 address keeps the network, the last group and the port.
*/
export const cutAddress = (text: string, width: number): string => {
	if (text.length <= width) {
		return text;
	}

	if (width < 2) {
		return mark.slice(0, width);
	}

	if (text.includes(':') && !text.includes('.')) {
		return cutIpv6(text, width);
	}

	const end = /^\d+(?:\.\d+){3}/v.test(text) ? wholeEnd(text, width - mark.length, /\./gv) : '';
	return `${mark}${end === '' ? text.slice(text.length - width + 1) : end}`;
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
