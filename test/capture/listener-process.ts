/*
Listens as the first argument says (options of `openSource` as JSON) and writes what it hears as lines of JSON. With a
second argument `unprivileged` it gives up root first. Reads words from stdin: `drop` gives up root, `close` ends.
*/
import process from 'node:process';
import {createInterface} from 'node:readline';
import {openSource, type SourceOptions} from '../../source/capture/open-source.js';
import {formatAddress} from '../../source/wire/address.js';

const say = (line: Readonly<Record<string, unknown>>): void => {
	process.stdout.write(JSON.stringify(line) + '\n');
};

const giveUpRoot = (): void => {
	process.setgroups!([]);
	process.setgid!(65_534);
	process.setuid!(65_534);
};

const listen = async (options: SourceOptions): Promise<void> => {
	const source = openSource(options);
	createInterface({input: process.stdin}).on('line', word => {
		if (word === 'drop') {
			giveUpRoot();
			say({type: 'dropped'});
		} else {
			source.close();
			source.close();
		}
	});
	try {
		await source.start({
			packet({timeUs, view, offset, length, linkType, place}) {
				const octets = Buffer.from(view.buffer, view.byteOffset + offset, length).toString('hex');
				say({type: 'packet', lagUs: (Date.now() * 1000) - timeUs, octets, linkType, place});
			},
			datagram({timeUs, view, offset, length, place, source: from, destination, family, sourcePort, destinationPort}) {
				const octets = Buffer.from(view.buffer, view.byteOffset + offset, length).toString('hex');
				say({
					type: 'datagram', lagUs: (Date.now() * 1000) - timeUs, octets, place,
					from: formatAddress(from, 0, family), to: formatAddress(destination, 0, family), sourcePort, destinationPort,
				});
			},
			advance() {
				// Live sources leave the time to their caller.
			},
			places(places) {
				say({type: 'places', places});
			},
		});
		say({type: 'started', description: source.description, ownAddresses: source.ownAddresses});
		await source.ended;
		say({type: 'ended'});
	} catch (error) {
		say({type: 'failed', message: (error as Error).message, exitCode: (error as {exitCode?: number}).exitCode});
	}

	// A handle of libpcap that is quiet keeps nothing alive, but stdin would.
	process.exit(0);
};

if (process.argv[3] === 'unprivileged') {
	giveUpRoot();
}

void listen(JSON.parse(process.argv[2]!) as SourceOptions);
