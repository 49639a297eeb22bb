import {faultNames} from '../wire/fault.js';

/** What was heard at one place, for the screen that says why there is nothing to see. */
export type PlaceTally = {
	/** Captured frames of any kind. */
	frames: number;
	/** Sync messages, whether or not a backup would take them. */
	sync: number;
	vrrp: number;
	/** ARP and neighbour claims. */
	claims: number;
	/** The VLAN id of the last tagged sync message or advert, -1 when there was none. */
	vlan: number;
};

/** Counts since the start, kept by the thread that captures. */
export type Tally = {
	packets: number;
	messages: number;
	records: number;
	adverts: number;
	reports: number;
	claims: number;
	/** Copies of messages by stacked devices. */
	duplicates: number;
	/** Sync messages left out by --syncid or --from. */
	excluded: number;
	/** By `faultCode`: packets refused before there was a sync message. Refused messages and records are counted by the table. */
	faults: number[];
	places: PlaceTally[];
};

export const createTally = (): Tally => ({
	packets: 0, messages: 0, records: 0, adverts: 0, reports: 0, claims: 0, duplicates: 0, excluded: 0,
	faults: faultNames.map(() => 0),
	places: [],
});

export const placeTally = (tally: Tally, place: number): PlaceTally =>
	tally.places[place] ??= {frames: 0, sync: 0, vrrp: 0, claims: 0, vlan: -1};
