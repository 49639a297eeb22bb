/**
What rows can be ordered by, ascending. `open`: sessions in danger first, where a query says which, then open ones (ESTABLISHED TCP, SCTP, then UDP), then the rest, each by what
expires first.
`state virtual real protocol director` go on by what expires first. Ties are in the order of slots.
*/
export const sortKeys = ['open', 'expires', 'age', 'idle', 'client', 'virtual', 'real', 'state', 'protocol', 'updates', 'director'] as const;
export type SortKey = (typeof sortKeys)[number];
