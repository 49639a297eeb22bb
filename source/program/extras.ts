/*
Manual, completions, licences and the unit come with the program in a folder `share`, laid out as it is to lie below a prefix such as
/usr/local: beside the program's modules, or inside the one file.
*/
import fs from 'node:fs';
import path from 'node:path';
import sea from 'node:sea';
import {fileURLToPath} from 'node:url';

type Extra = {readonly name: string; readonly content: () => Uint8Array};

const inside = (): Extra[] => sea.getAssetKeys().filter(name => name.startsWith('share/')).map(name => ({name, content: () => new Uint8Array(sea.getRawAsset(name))}));

const beside = (): Extra[] => {
	const folder = fileURLToPath(new URL('.', import.meta.url));
	return fs.readdirSync(path.join(folder, 'share'), {recursive: true, withFileTypes: true}).filter(one => one.isFile()).map(one => {
		const file = path.join(one.parentPath, one.name);
		return {name: path.relative(folder, file), content: () => fs.readFileSync(file)};
	});
};

/** Writes all of them below `prefix`, over what is there. Gives the names of the files, in order; throws what the system says. */
export const installExtras = (prefix: string): string[] => {
	const extras = sea.isSea() ? inside() : beside();
	return extras.map(({name, content}) => {
		const file = path.join(prefix, name);
		fs.mkdirSync(path.dirname(file), {recursive: true, mode: 0o755});
		fs.writeFileSync(file, content(), {mode: 0o644});
		return file;
	}).sort();
};
