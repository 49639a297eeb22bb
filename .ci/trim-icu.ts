/*
Takes out of a Node for Linux what it knows of languages that this program never speaks. ICU's data are a third of the executable
(full-icu, 32 MiB): formats of dates and numbers, names of countries, tables of character sets, dictionaries for breaking lines. What
stays is what a Node built `--with-intl=small-icu` holds: root, English, and all that is of no language, as where characters end.

The data are one object in `.rodata`, a table of contents and its items (icu4c/source/common/ucmndata.h):

    0  header size (16)  magic (16): 0xda27  …  12: 'CmnD'
    header size:  count (32), then per item: name (32), data (32), both from `count` on

They are written anew, smaller, where they begin; the pages behind them leave the file. Addresses stay: the segment that held the data
becomes two, with a hole between them that nobody reads. The table of segments grows by one and moves behind the data. It must lie
before the hole: Linux before 5.18 and qemu take its address for that of the file's beginning plus its offset (AT_PHDR).
*/
import fs from 'node:fs';

const magicAt = 12;
const magic = Buffer.from('CmnD');

type Item = {readonly name: Buffer; readonly data: Buffer};

/** The locales of ICU are named by a language of two or three letters; two resources of no language look like that. */
const isOfOtherLanguage = (name: string): boolean => /^[a-z]{2,3}(?:_\w+)?$/v.test(name) && !/^en(?:_US|_001)?$/v.test(name);

/** Converters of character sets, dictionaries of languages that write without blanks, transliteration, names of characters, kinds of line breaks. */
const isLarge = (file: string): boolean => /\.cnv$|\.dict$|^translit\/|^unames\.icu$|^brkitr\/line_|^rbnf\//v.test(file);

const isKept = ({name}: Item): boolean => {
	// icudt78l/brkitr/root.res
	const file = name.toString('latin1').replace(/^[^\/]*\//v, '');
	const [base = '', extension] = file.split('/').at(-1)!.split('.');
	return !isLarge(file) && !(extension === 'res' && isOfOtherLanguage(base));
};

/** Where ICU's data begin in the file, and how much they are by the symbol of that name. */
type Place = {readonly at: number; readonly size: number};

/** The last item ends with the object. */
const itemsOf = (file: Buffer, {at, size}: Place): {readonly header: Buffer; readonly items: readonly Item[]} => {
	const base = at + file.readUInt16LE(at);
	const count = file.readUInt32LE(base);
	const offsets = Array.from({length: count}, (_, index) => {
		const entry = base + 4 + (8 * index);
		return {name: base + file.readUInt32LE(entry), data: base + file.readUInt32LE(entry + 4)};
	});
	return {
		header: file.subarray(at, base),
		items: offsets.map(({name, data}, index) => ({
			name: file.subarray(name, file.indexOf(0, name)),
			data: file.subarray(data, offsets[index + 1]?.data ?? at + size),
		})),
	};
};

const aligned = (octets: number, to: number): number => Math.ceil(octets / to) * to;

const objectOf = (header: Buffer, items: readonly Item[]): Buffer => {
	const table = Buffer.alloc(4 + (8 * items.length));
	table.writeUInt32LE(items.length);
	const names = items.map(({name}) => Buffer.concat([name, Buffer.alloc(1)]));
	let nameAt = table.length;
	const namesSize = names.reduce((sum, {length}) => sum + length, 0);
	// Items lie at multiples of 16, as in the original.
	const dataStart = aligned(header.length + table.length + namesSize, 16) - header.length;
	let dataAt = dataStart;
	const padding = Buffer.alloc(dataStart - table.length - namesSize);
	const parts: Buffer[] = [header, table, ...names, padding];
	for (const [index, {data}] of items.entries()) {
		table.writeUInt32LE(nameAt, 4 + (8 * index));
		table.writeUInt32LE(dataAt, 8 + (8 * index));
		nameAt += names[index]!.length;
		parts.push(data, Buffer.alloc(aligned(data.length, 16) - data.length));
		dataAt += aligned(data.length, 16);
	}

	return Buffer.concat(parts);
};

// ELF, 64 bits, little-endian: where things stand in the file header, a program header and a section header.
const elf = {programs: 32, sections: 40, programSize: 54, programCount: 56, sectionSize: 58, sectionCount: 60} as const;
const program = {type: 0, offset: 8, address: 16, physical: 24, fileSize: 32, memorySize: 40, alignment: 48} as const;
const section = {type: 4, offset: 24, size: 32} as const;
const types = {load: 1, programHeaders: 6, noBits: 8} as const;

const readWord = (file: Buffer, at: number): number => Number(file.readBigUInt64LE(at));
const writeWord = (file: Buffer, at: number, value: number): void => {
	file.writeBigUInt64LE(BigInt(value), at);
};

/** Takes the octets from `from` to `to`, whole pages, out of the file and splits the segment that holds them; its table of segments comes to `tableAt`. */
const cut = (file: Buffer, tableAt: number, from: number, to: number): Buffer => {
	const removed = to - from;
	const [size, count, start] = [file.readUInt16LE(elf.programSize), file.readUInt16LE(elf.programCount), readWord(file, elf.programs)];
	const headers = Array.from({length: count}, (_, index) => Buffer.from(file.subarray(start + (size * index), start + (size * (index + 1)))));
	const isLoaded = (header: Buffer): boolean => header.readUInt32LE(program.type) === types.load;
	const holder = headers.findIndex(header => isLoaded(header)
		&& readWord(header, program.offset) <= tableAt && to <= readWord(header, program.offset) + readWord(header, program.fileSize));
	const first = headers[holder];
	if (!first) {
		throw new Error('no segment holds ICU\'s data');
	}

	const second = Buffer.from(first);
	const [offset, address, fileSize] = [readWord(first, program.offset), readWord(first, program.address), readWord(first, program.fileSize)];
	const beginning = headers.find(header => isLoaded(header))!;
	if (address - offset !== readWord(beginning, program.address) - readWord(beginning, program.offset)) {
		throw new Error('the segment of ICU\'s data is not where the file would be');
	}

	for (const field of [program.fileSize, program.memorySize]) {
		writeWord(first, field, from - offset);
		writeWord(second, field, offset + fileSize - to);
	}

	writeWord(second, program.offset, to);
	for (const field of [program.address, program.physical]) {
		writeWord(second, field, address + to - offset);
	}

	headers.splice(holder + 1, 0, second);
	for (const header of headers) {
		if (readWord(header, program.offset) >= to) {
			writeWord(header, program.offset, readWord(header, program.offset) - removed);
		}

		if (header.readUInt32LE(program.type) === types.programHeaders) {
			writeWord(header, program.offset, tableAt);
			for (const field of [program.address, program.physical]) {
				writeWord(header, field, address + tableAt - offset);
			}

			for (const field of [program.fileSize, program.memorySize]) {
				writeWord(header, field, size * headers.length);
			}
		}
	}

	const out = Buffer.concat([file.subarray(0, from), file.subarray(to)]);
	Buffer.concat(headers).copy(out, tableAt);
	writeWord(out, elf.programs, tableAt);
	out.writeUInt16LE(headers.length, elf.programCount);

	const sections = readWord(file, elf.sections) - (readWord(file, elf.sections) >= to ? removed : 0);
	writeWord(out, elf.sections, sections);
	for (let index = 0; index < out.readUInt16LE(elf.sectionCount); index++) {
		const at = sections + (index * out.readUInt16LE(elf.sectionSize));
		const [begin, length] = [readWord(out, at + section.offset), readWord(out, at + section.size)];
		if (begin >= to) {
			writeWord(out, at + section.offset, begin - removed);
		} else if (begin + length > to && out.readUInt32LE(at + section.type) !== types.noBits) {
			// What is behind the hole belongs to no section any more.
			writeWord(out, at + section.size, from - begin);
		}
	}

	return out;
};

/** The most that a system with this kind of processor calls a page. */
const pageOctets = 65_536;

/** Room for the table of segments: more than a linker makes. */
const tableOctets = 56 * 64;

/** Trims ICU's data in an executable. `size` is how much they are. Gives how many octets it lost; throws where the file is not as expected. */
export const trimIcu = (name: string, size: number): number => {
	const file = fs.readFileSync(name);
	const at = file.indexOf(magic) - magicAt;
	if (at < 0 || file.includes(magic, at + magicAt + 1)) {
		throw new Error('ICU\'s data are not in it, or more than once');
	}

	const {header, items} = itemsOf(file, {at, size});
	const object = objectOf(header, items.filter(item => isKept(item)));
	object.copy(file, at);
	const tableAt = aligned(at + object.length, 8);
	const from = aligned(tableAt + tableOctets, pageOctets);
	const to = Math.floor((at + size) / pageOctets) * pageOctets;
	file.fill(0, at + object.length, from);
	fs.writeFileSync(name, cut(file, tableAt, from, to));
	return to - from;
};
