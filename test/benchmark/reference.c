/*
The same table in C: entries of 64 bytes for both families, interned paths, open addressing with linear probing,
a timing wheel, counters by path and state. Each message is decoded whole, then its slots and its entries are
prefetched, then it is applied. Prints CPU microseconds, records and sessions.

    gcc -O3 -march=native reference.c -o reference && ./reference FILE.pcap SESSIONS
*/
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	uint32_t caddr[4];
	uint32_t key; /* client port, family, protocol, state */
	uint32_t path;
	uint32_t flags, timeout, expires;
	uint32_t next, previous;
	uint32_t updates, first, last, fwmark, service;
} entry_t;

typedef struct {uint32_t hash, index;} slot_t;

typedef struct {
	uint32_t caddr[4], vaddr[4], daddr[4];
	uint32_t hash, key, ports, flags, state, timeout, fwmark, service, path, slot;
	uint8_t family, protocol;
} record_t;

typedef struct {uint32_t vaddr[4], daddr[4], ports, proto, service, used;} path_t;

#define BUCKETS 4096u
#define PATHS 65536u

static entry_t *entries;
static slot_t *slots;
static uint32_t slot_mask, used;
static uint32_t wheel[BUCKETS];
static path_t *paths, *services;
static uint32_t *counters;
static uint32_t now, swept, expired;

static inline uint16_t be16(const uint8_t *p) {return (uint16_t)(p[0] << 8 | p[1]);}
static inline uint32_t be32(const uint8_t *p) {uint32_t v; memcpy(&v, p, 4); return __builtin_bswap32(v);}
static inline uint32_t le32(const uint8_t *p) {uint32_t v; memcpy(&v, p, 4); return v;}
static inline uint32_t mix(uint32_t hash, uint32_t word) {
	hash = (hash ^ word) * 0x9e3779b1u;
	return hash ^ hash >> 15;
}

static uint32_t intern(path_t *table, const record_t *r, int with_real) {
	uint32_t hash = mix(r->ports, r->protocol);
	for (int i = 0; i < 4; i++) {
		hash = mix(hash, r->vaddr[i]);
		if (with_real)
			hash = mix(hash, r->daddr[i]);
	}
	for (uint32_t at = hash & (PATHS - 1);; at = (at + 1) & (PATHS - 1)) {
		path_t *p = &table[at];
		uint32_t ports = with_real ? r->ports : r->ports >> 16;
		if (!p->used) {
			memcpy(p->vaddr, r->vaddr, 16);
			if (with_real)
				memcpy(p->daddr, r->daddr, 16);
			p->ports = ports;
			p->proto = r->protocol;
			p->used = 1;
			return at;
		}
		if (p->ports == ports && p->proto == r->protocol && !memcmp(p->vaddr, r->vaddr, 16)
			&& (!with_real || !memcmp(p->daddr, r->daddr, 16)))
			return at;
	}
}

static inline void wheel_unlink(uint32_t index) {
	entry_t *e = &entries[index];
	if (e->previous)
		entries[e->previous].next = e->next;
	else
		wheel[e->expires % BUCKETS] = e->next;
	if (e->next)
		entries[e->next].previous = e->previous;
}

static inline void wheel_link(uint32_t index) {
	entry_t *e = &entries[index];
	uint32_t *head = &wheel[e->expires % BUCKETS];
	e->previous = 0;
	e->next = *head;
	if (*head)
		entries[*head].previous = index;
	*head = index;
}

static inline uint32_t entry_hash(const uint32_t *caddr, uint32_t cport, uint32_t service) {
	uint32_t hash = mix(service, cport);
	for (int i = 0; i < 4; i++)
		hash = mix(hash, caddr[i]);
	return hash;
}

static void forget(uint32_t index) {
	entry_t *e = &entries[index];
	uint32_t at = entry_hash(e->caddr, e->key >> 16, e->service) & slot_mask;
	while (slots[at].index != index)
		at = (at + 1) & slot_mask;
	counters[e->path * 16 + (e->key & 15)]--;
	wheel_unlink(index);
	for (uint32_t hole = at, next = (at + 1) & slot_mask;; next = (next + 1) & slot_mask) {
		if (!slots[next].index) {
			slots[hole].index = 0;
			break;
		}
		if (((next - slots[next].hash) & slot_mask) >= ((next - hole) & slot_mask)) {
			slots[hole] = slots[next];
			hole = next;
		}
	}
	expired++;
}

static void expire(void) {
	for (; swept < now; swept++)
		for (uint32_t index = wheel[swept % BUCKETS]; index;) {
			uint32_t next = entries[index].next;
			if (entries[index].expires <= swept)
				forget(index);
			index = next;
		}
}

static uint32_t find(const record_t *r) {
	for (uint32_t at = r->slot;; at = (at + 1) & slot_mask) {
		const slot_t *s = &slots[at];
		if (!s->index)
			return 0;
		if (s->hash != r->hash)
			continue;
		const entry_t *e = &entries[s->index];
		if (e->key >> 16 == r->key >> 16 && e->service == r->service && !memcmp(e->caddr, r->caddr, 16))
			return s->index;
	}
}

static void apply(const record_t *r) {
	uint32_t index = find(r);
	entry_t *e;
	if (index) {
		e = &entries[index];
		uint32_t state = e->key & 15;
		if (state != r->state || e->path != r->path) {
			counters[e->path * 16 + state]--;
			counters[r->path * 16 + r->state]++;
			e->path = r->path;
			e->key = r->key;
		}
		uint32_t expires = now + r->timeout;
		if (expires % BUCKETS != e->expires % BUCKETS) {
			wheel_unlink(index);
			e->expires = expires;
			wheel_link(index);
		} else
			e->expires = expires;
	} else {
		index = ++used;
		e = &entries[index];
		memcpy(e->caddr, r->caddr, 16);
		e->key = r->key;
		e->path = r->path;
		e->service = r->service;
		e->fwmark = r->fwmark;
		e->first = now;
		e->expires = now + r->timeout;
		wheel_link(index);
		counters[r->path * 16 + r->state]++;
		uint32_t at = r->slot;
		while (slots[at].index)
			at = (at + 1) & slot_mask;
		slots[at] = (slot_t){r->hash, index};
	}
	e->flags = r->flags;
	e->timeout = r->timeout;
	e->last = now;
	e->updates++;
}

static int decode(const uint8_t *p, int count, record_t *out) {
	for (int i = 0; i < count; i++) {
		record_t *r = &out[i];
		memset(r->caddr, 0, 48);
		int words = p[0] & 1 ? 4 : 1;
		r->protocol = p[1];
		r->flags = be32(p + 4);
		r->state = be16(p + 8) & 15;
		r->ports = (uint32_t)be16(p + 12) << 16 | be16(p + 14);
		r->fwmark = be32(p + 16);
		r->timeout = be32(p + 20);
		for (int w = 0; w < words; w++) {
			r->caddr[w] = be32(p + 24 + 4 * w);
			r->vaddr[w] = be32(p + 24 + 4 * (words + w));
			r->daddr[w] = be32(p + 24 + 4 * (2 * words + w));
		}
		r->key = (uint32_t)be16(p + 10) << 16 | (p[0] & 1) << 12 | (r->protocol & 15) << 4 | r->state;
		r->service = intern(services, r, 0);
		r->path = intern(paths, r, 1);
		r->hash = entry_hash(r->caddr, r->key >> 16, r->service);
		r->slot = r->hash & slot_mask;
		p += ((be16(p + 2) & 0xfff) + 3) & ~3;
	}
	return count;
}

int main(int argc, char **argv) {
	if (argc < 3)
		return 2;
	uint32_t capacity = (uint32_t)atol(argv[2]) + 1;
	int file = open(argv[1], O_RDONLY);
	struct stat status;
	if (file < 0 || fstat(file, &status))
		return 1;
	uint8_t *octets = mmap(0, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	uint32_t size = 1;
	while (size < 2 * capacity)
		size *= 2;
	slot_mask = size - 1;
	slots = calloc(size, sizeof *slots);
	entries = calloc(capacity + 1, sizeof *entries);
	paths = calloc(PATHS, sizeof *paths);
	services = calloc(PATHS, sizeof *services);
	counters = calloc(PATHS * 16, 4);
	static record_t records[256];
	uint64_t total = 0;
	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	for (long at = 24; at + 16 <= status.st_size;) {
		const uint8_t *message = octets + at + 16 + 42;
		now = le32(octets + at);
		/* What is not UDP is an advert */
		int count = octets[at + 16 + 23] == 17 ? decode(message + 8, message[4], records) : 0;
		for (int i = 0; i < count; i++)
			__builtin_prefetch(&slots[records[i].slot]);
		for (int i = 0; i < count; i++)
			__builtin_prefetch(&entries[slots[records[i].slot].index]);
		for (int i = 0; i < count; i++) {
			const entry_t *e = &entries[slots[records[i].slot].index];
			__builtin_prefetch(&entries[e->next]);
			__builtin_prefetch(&entries[e->previous]);
		}
		for (int i = 0; i < count; i++)
			apply(&records[i]);
		if (!swept)
			swept = now;
		expire();
		total += (uint64_t)count;
		at += 16 + le32(octets + at + 8);
	}
	getrusage(RUSAGE_SELF, &after);
	long cpu = (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000L
		+ after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec;
	printf("{\"cpuUs\":%ld,\"records\":%lu,\"sessions\":%u}\n", cpu, (unsigned long)total, used - expired);
	return 0;
}
