import {pcapOf, type FileFrame} from '../capture/pcap-file.js';
import {recordV1} from '../wire/build.js';
import {syncFrame} from './flood.js';

/** 2026-01-01T00:00:00Z. */
export const startUs = 1_767_225_600_000_000;
const firstPort = 1000;

/** A frame each second from a director, each of which announces one session, of the client ports from 1000 on. */
export const sessionFrames = (count: number, source = '10.0.0.1'): FileFrame[] => Array.from({length: count}, (_, index) => ({
	timeUs: startUs + (index * 1_000_000), octets: syncFrame({source, id: index + 1, records: [recordV1({ports: [firstPort + index, 443, 443]})]}),
}));

/** The client ports of the first `count` of them. */
export const sessionPorts = (count: number): number[] => Array.from({length: count}, (_, index) => firstPort + index);

/** The records of a pcap file with such frames, and its header in front. */
export const sessionRecords = (count: number, source?: string): {readonly header: Buffer; readonly records: readonly Buffer[]} => {
	const header = pcapOf([]);
	return {header, records: sessionFrames(count, source).map(frame => pcapOf([frame]).subarray(header.length))};
};
