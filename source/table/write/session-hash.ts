/**
Hash of a session's identity: its virtual service by number, client, template bit, persistence engine data by number (in place
of the client port). The seed is secret, so that a sender cannot aim at one place of the index.
*/
export const hashSession = (seed: number, service: number, c0: number, c1: number, c2: number, c3: number, cport: number, templateAndPe: number): number => {
	let hash = Math.imul(seed ^ service, 0x9e_37_79_b1) ^ c0;
	hash = Math.imul(hash ^ (hash >>> 15), 0x85_eb_ca_6b);
	if ((c1 | c2 | c3) !== 0) {
		hash = Math.imul(hash ^ (hash >>> 13) ^ c1, 0xc2_b2_ae_35);
		hash = Math.imul(hash ^ (hash >>> 16) ^ c2, 0x27_d4_eb_2f);
		hash = Math.imul(hash ^ (hash >>> 15) ^ c3, 0x9e_37_79_b1);
	}

	hash = Math.imul(hash ^ (hash >>> 13) ^ cport ^ (templateAndPe << 11), 0xc2_b2_ae_35);
	hash = Math.imul(hash ^ (hash >>> 16), 0x27_d4_eb_2f);
	return hash ^ (hash >>> 15);
};
