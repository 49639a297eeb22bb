/*
How a site's log lies on the broker. Each site has a stream of its own, so that one that publishes too much pushes out its own past only:

	stream   ipvstop-SITE
	         ipvstop.SITE.frames             a pcapng each, that stands by itself: what was heard, in order
	         ipvstop.SITE.checkpoint.part    what an engine knew, in pieces that fit into a message
	         ipvstop.SITE.checkpoint.head    says how many pieces there are, and which message of frames begins the segment
	         ipvstop.SITE.index              what a segment holds
*/

export const streamOf = (site: string): string => `ipvstop-${site}`;
export const framesOf = (site: string): string => `ipvstop.${site}.frames`;
export const checkpointPartsOf = (site: string): string => `ipvstop.${site}.checkpoint.part`;
export const checkpointHeadsOf = (site: string): string => `ipvstop.${site}.checkpoint.head`;

export const indexesOfSite = (site: string): string => `ipvstop.${site}.index`;

const prefix = 'ipvstop-';

/** The site of a stream of this kind. */
export const siteOfStream = (stream: string): string | undefined => stream.startsWith(prefix) ? stream.slice(prefix.length) : undefined;

/** Headers of a message of frames. Everything in them is somebody else's word. */
export const header = {
	/** Who published it: a random name of one run of one sensor. */
	sensor: 'Ipvstop-Sensor',
	/** Where the sensor's own log goes on after it. */
	position: 'Ipvstop-Position',
	/** The segment of that log, where in its file the payload belongs, and how much in front of it repeats what the segment said before. */
	segment: 'Ipvstop-Segment',
	offset: 'Ipvstop-Offset',
	preamble: 'Ipvstop-Preamble',
	/** When it was published, by the clock of the sensor: milliseconds. */
	sent: 'Ipvstop-Sent',
	/** `zstd`, or absent. */
	encoding: 'Content-Encoding',
} as const;
