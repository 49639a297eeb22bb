/*
What belongs beside the program: manual, completions, licences, the service. It lies in `share/` of the program's folder, as it is to
lie below a prefix such as /usr/local, and `ipvstop --install-extras PREFIX` puts it there.
*/
import fs from 'node:fs';
import path from 'node:path';
import {currentManual} from '../media/manual/current.js';
import {completionScript} from '../source/options/completion.js';
import {root} from './bundle.js';

export const writeExtras = async (folder: string, licenses: string): Promise<void> => {
	const service = path.join(root, 'media/service');
	const texts: ReadonlyArray<readonly [name: string, text: string]> = [
		['man/man1/ipvstop.1', currentManual()],
		['bash-completion/completions/ipvstop', await completionScript('bash')],
		['zsh/site-functions/_ipvstop', await completionScript('zsh')],
		['fish/vendor_completions.d/ipvstop.fish', await completionScript('fish')],
		['doc/ipvstop/licenses.txt', licenses],
		['doc/ipvstop/license', fs.readFileSync(path.join(root, 'license'), 'utf8')],
		...fs.readdirSync(service, {recursive: true, withFileTypes: true}).filter(one => one.isFile() && path.basename(one.parentPath) !== 'debian')
			.map(one => path.relative(service, path.join(one.parentPath, one.name)))
			.map(name => [`doc/ipvstop/service/${name}`, fs.readFileSync(path.join(service, name), 'utf8')] as const),
	];
	for (const [name, text] of texts) {
		const file = path.join(folder, 'share', name);
		fs.mkdirSync(path.dirname(file), {recursive: true});
		fs.writeFileSync(file, text);
	}
};
