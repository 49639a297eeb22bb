/**
What rows can be ordered by, ascending. `open`: open sessions first (ESTABLISHED TCP and SCTP, UDP), then what expires first.
`state virtual real protocol director` go on by what expires first. Ties are in the order of slots.
*/
export const sortKeys = ['open', 'expires', 'age', 'idle', 'client', 'virtual', 'real', 'state', 'protocol', 'updates', 'director'] as const;
export type SortKey = (typeof sortKeys)[number];
