#!/usr/bin/env node
/*
The launcher. Ink needs Node 22 and an older Node would answer with a stack trace, so the version is checked before
anything else is loaded. An old Node must be able to parse this file: plain syntax, and imports only below the check.
*/
const [major] = process.versions.node.split('.');

if (Number(major) < 22) {
	process.stderr.write(`ipvstop needs Node 22 or newer, this is Node ${process.versions.node}. Install a newer one, or in a checkout use: npm start\n`);
	process.exitCode = 1;
} else {
	// React's development build is slower and keeps performance entries for ever.
	process.env.NODE_ENV = 'production';
	try {
		const {keepCompiled} = await import('./program/compile-cache.js');
		keepCompiled();
		await import('./main.js');
	} catch (error) {
		// What is loaded on the way may find no descriptor left either, before anything of ours could say so.
		const {code, message} = error as NodeJS.ErrnoException;
		if (code !== 'EMFILE' && code !== 'ENFILE') {
			throw error;
		}

		process.stderr.write(`ipvstop: this process may not open as many files as it needs: raise the limit (ulimit -n 256). ${message}\n`);
		process.exitCode = 1;
	}
}
