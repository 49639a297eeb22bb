import {type AddressWords} from '../../wire/packet.js';

/** Orders addresses of one family by their unsigned words. */
export const compareAddresses = (a: AddressWords, b: AddressWords): number => {
	for (let word = 0; word < 4; word += 1) {
		const difference = (a[word]! >>> 0) - (b[word]! >>> 0);
		if (difference !== 0) {
			return difference;
		}
	}

	return 0;
};
