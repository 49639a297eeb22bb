/* Whoever gets the bundle gets the licences of what is in it. */
import fs from 'node:fs';
import path from 'node:path';
import {type Metafile} from 'esbuild';
import {root} from './bundle.js';

const packageOf = (input: string): string | undefined => /^.*node_modules\/(?:@[^\/]+\/)?[^\/]+/v.exec(input)?.[0];

const isLicense = (name: string): boolean => /^(?:licen[cs]e|notice|copying)/iv.test(name);

type Manifest = {readonly name: string; readonly version: string; readonly license: string; readonly author?: string | {readonly name: string}};

/** For those that name the licence and leave out its words, which are the same for all. */
const mit = (holder: string): string => fs.readFileSync(path.join(root, 'license'), 'utf8').trim().replace(/^Copyright .*$/mv, () => `Copyright (c) ${holder}`);

/** A package by its folder: name, version, licence and its words. */
export const licenseOf = (folder: string): string => {
	const manifest = JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as Manifest;
	// Some packages were bundled themselves, and name their parts below `build`.
	const texts = ['', 'build'].flatMap(sub => {
		const here = path.join(root, folder, sub);
		return fs.existsSync(here) ? fs.readdirSync(here).filter(name => isLicense(name)).map(name => fs.readFileSync(path.join(here, name), 'utf8').trim()) : [];
	});
	if (texts.length === 0 && manifest.license !== 'MIT') {
		throw new Error(`There is no text of the licence of ${manifest.name}`);
	}

	const author = typeof manifest.author === 'object' ? manifest.author.name : manifest.author;
	return [`${manifest.name} ${manifest.version}, ${manifest.license}`, ...texts.length > 0 ? texts : [mit(author ?? `the authors of ${manifest.name}`)]].join('\n\n');
};

/** The packages of which something is in a bundle, each with its licence, after others that are put in by other means. */
export const licensesOf = ({outputs}: Metafile, others: readonly string[] = []): string => {
	const inputs = Object.values(outputs).flatMap(output => Object.keys(output.inputs));
	const folders = [...new Set(inputs.map(input => packageOf(input)).filter(folder => folder !== undefined))].sort();
	const sections = [...others, ...folders.map(folder => licenseOf(folder))];
	return `This program contains the following packages.\n\n${sections.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
};
