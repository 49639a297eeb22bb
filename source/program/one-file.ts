/*
The entry of the single executable: Node with the program inside (https://nodejs.org/api/single-executable-applications.html).
Its modules are loaded from the executable as if they lay in a folder of that name; nothing of it is written anywhere. Each
thread begins here.
*/
import {createRequire, registerHooks} from 'node:module';
import path from 'node:path';
import process from 'node:process';
import {getAsset} from 'node:sea';
import {pathToFileURL} from 'node:url';
import {isMainThread} from 'node:worker_threads';

/** Without /proc it is the word that the program was called by. */
const executable = path.resolve(process.execPath);
const inside = `${pathToFileURL(executable).href}/`;
const entry = `${inside}${isMainThread ? 'cli.js' : 'worker.js'}`;
const start = `${inside}start.cjs`;

/** How the program names the addon of libpcap. */
const addon = 'pcap/build/Release/pcap_binding.node';

registerHooks({
	resolve(specifier, context, next) {
		if (specifier === addon) {
			return {url: `${inside}addon.cjs`, format: 'commonjs', shortCircuit: true};
		}

		const isInside = specifier.startsWith(inside) || (specifier.startsWith('.') && context.parentURL?.startsWith(inside));
		if (!isInside) {
			return next(specifier, context);
		}

		const {href} = new URL(specifier, context.parentURL);
		// A thread is begun by a module without a file, and has hooks of its own.
		return isMainThread && href.endsWith('/worker.js')
			? {url: `data:text/javascript,${encodeURIComponent(getAsset('thread.js', 'utf8'))}`, format: 'module', shortCircuit: true}
			: {url: href, format: href.endsWith('.cjs') ? 'commonjs' : 'module', shortCircuit: true};
	},
	load(url, context, next) {
		if (!url.startsWith(inside)) {
			return next(url, context);
		}

		// The entry of an executable cannot import what is no part of Node, but a module that it requires can.
		return url === start
			? {format: 'commonjs', source: `import(${JSON.stringify(entry)})`, shortCircuit: true}
			: {format: context.format, source: getAsset(url.slice(inside.length), 'utf8'), shortCircuit: true};
	},
});

createRequire(executable)(start);
