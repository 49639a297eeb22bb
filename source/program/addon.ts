/*
The addon of libpcap in the single executable. The dynamic linker loads from files only, so it is written into a folder that is
made for it, is this user's alone and is gone once it is loaded: nobody else can put anything in its place.
*/
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {getAssetKeys, getRawAsset} from 'node:sea';
import {cacheFolder, trustedFolder} from './trusted-folder.js';

const asset = 'pcap_binding.node';

const refuse = (why: string): never => {
	throw Object.assign(new Error(`${why}. Join the groups instead, without privilege: ipvstop -j`), {code: 'ONE_FILE'});
};

/** Where a file can be for a moment, some of which may be mounted noexec. */
const places = (): string[] => {
	const {XDG_RUNTIME_DIR: runtime = ''} = process.env;
	const wanted = [os.tmpdir(), runtime, cacheFolder(process.env) ?? '', '/var/tmp', '/dev/shm'].filter(place => path.isAbsolute(place));
	return [...new Set(wanted.map(place => trustedFolder(place)).filter(place => place !== undefined))];
};

/** Gives what the addon exports, or why not in the words of the system. */
const loadIn = (place: string): {readonly exports?: object; readonly problem?: string} => {
	let folder: string | undefined;
	try {
		folder = fs.mkdtempSync(path.join(place, 'ipvstop-'));
		const file = path.join(folder, asset);
		fs.writeFileSync(file, new Uint8Array(getRawAsset(asset)), {mode: 0o500, flag: 'wx'});
		const loaded = {exports: {}};
		process.dlopen(loaded, file);
		return loaded;
	} catch (error) {
		return {problem: (error as Error).message.split('\n', 1)[0]!.replace(`${folder}/${asset}: `, '')};
	} finally {
		if (folder !== undefined) {
			fs.rmSync(folder, {recursive: true, force: true});
		}
	}
};

const load = (): object => {
	if (!getAssetKeys().includes(asset)) {
		return refuse('this executable was built without it');
	}

	const problems: string[] = [];
	for (const place of places()) {
		const {exports, problem} = loadIn(place);
		if (exports) {
			return exports;
		}

		problems.push(`${place}: ${problem}`);
	}

	return refuse(problems.length > 0 ? problems.join(', ') : 'there is no folder to load it from that is out of reach of other users');
};

export const {PcapSession} = load() as {readonly PcapSession: unknown};
