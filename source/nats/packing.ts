import zlib from 'node:zlib';

/** Zstandard came to Node with 22.15. Of sync traffic it leaves a ninth, gzip a fifth. */
const hasZstd = typeof zlib.zstdCompressSync === 'function';

/** Nothing that is honest is larger unpacked: a batch has at most 512 KiB, a piece of a checkpoint 4 MiB. */
const mostUnpackedOctets = 8 * 1024 * 1024;

/** Packed where that is possible and helps. */
export const packOctets = (octets: Uint8Array): {readonly octets: Uint8Array; readonly encoding: '' | 'zstd'} => {
	if (!hasZstd) {
		return {octets, encoding: ''};
	}

	const packed = zlib.zstdCompressSync(octets);
	return packed.length < octets.length ? {octets: packed, encoding: 'zstd'} : {octets, encoding: ''};
};

/** The octets again, or why they cannot be had. Octets of others are unpacked up to a bound. */
export const unpackOctets = (octets: Uint8Array, encoding: string): Uint8Array | string => {
	if (encoding === '') {
		return octets;
	}

	if (encoding !== 'zstd') {
		return `an unknown encoding '${encoding.slice(0, 20)}'`;
	}

	if (!hasZstd) {
		return 'it is packed with Zstandard, which needs Node 22.15';
	}

	try {
		return zlib.zstdDecompressSync(octets, {maxOutputLength: mostUnpackedOctets});
	} catch (error) {
		return `it cannot be unpacked: ${(error as Error).message}`;
	}
};
