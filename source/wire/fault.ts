/*
Why octets were refused. A fault is data: counted by name, shown, never thrown.
The number of a fault is its place in this list; 0 is no fault. Append only, since numbers cross threads.
*/
export const faultNames = [
	'none',
	// The link and network layers
	'link-type',
	'link-truncated',
	'ip-truncated',
	'ip-length',
	'ip-version',
	'extension-header',
	'fragment-overlap',
	'fragment-oversized',
	'fragment-timeout',
	'fragment-limit',
	'udp-truncated',
	'udp-length',
	// A sync message dropped whole (kernel: ip_vs_process_message)
	'short',
	'size-mismatch',
	'size-host-order',
	'unknown-version',
	'not-sync',
	'truncated-capture',
	// This record and the rest of its message dropped
	'record-truncated',
	'record-past-end',
	'record-version',
	'record-type',
	'record-size',
	'option-truncated',
	'option-length',
	'option-seq',
	'option-pe-data',
	'option-pe-name',
	'count-too-big',
	// Only this record skipped
	'option-unknown',
	'flags-one-packet',
	'flags-template-no-cport',
	'protocol-unknown',
	'state-unknown',
	'template-state',
	'pe-name-missing',
	'pe-engine',
	'beyond-count',
	// Refused by the table
	'destination-inactive',
	'path-limit',
	'pe-limit',
	'sender-limit',
	// VRRP, AH, group reports and neighbour messages
	'vrrp-truncated',
	'vrrp-version',
	'vrrp-type',
	'vrrp-hop-limit',
	'vrrp-length',
	'vrrp-interval',
	'vrrp-checksum',
	'ah-length',
	'report-truncated',
	'arp-truncated',
	'neighbour-truncated',
	'report-checksum',
	'neighbour-hop-limit',
] as const;

export type Fault = (typeof faultNames)[number];

export const faultCode = Object.fromEntries(faultNames.map((name, code) => [name, code])) as Readonly<Record<Fault, number>>;
