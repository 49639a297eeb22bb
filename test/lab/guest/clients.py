"""Servers and clients. `clients.py serve` echoes lines; `clients.py use ADDRESSES SESSIONS` holds sessions and counts what becomes of them; ADDRESSES has a list of virtual addresses for each family.

Until SIGTERM the clients write a line each second with what they have seen so far, and one for each session that is held open when it is opened,
reset or closed; then they close what is open. SIGUSR1 stops
the coming of sessions that do not stay, or lets them come again.
"""
import asyncio
import functools
import itertools
import json
import random
import signal
import socket
import struct
import sys
import time
import hosts

PORTS = (80, 443)
UDP_PORT = 5353


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class DatagramEcho(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def serve():
    loop = asyncio.get_running_loop()
    for port in PORTS:
        await loop.create_server(Echo, ['0.0.0.0', '::'], port, backlog=1000)
    for vip in (hosts.VIP4, hosts.OTHER_VIP4, hosts.VIP6):
        # Bound to the virtual address, so that answers carry it.
        await loop.create_datagram_endpoint(DatagramEcho, local_addr=(vip, UDP_PORT))
    print('ready', flush=True)
    await asyncio.Event().wait()


class Clients:
    def __init__(self, vips, sessions):
        self.random = random.Random(1)
        self.vips = vips
        self.sessions = sessions
        self.counts = {'open': 0, 'fail': 0, 'reset': 0, 'closed': 0, 'passing': 0, 'passingReset': 0, 'udp': 0, 'unanswered': 0}
        self.ending = asyncio.Event()
        self.is_calm = False

    def endpoints(self, vips=None):
        vip = self.random.choice(vips or self.random.choice(self.vips))
        return self.random.choice(hosts.CLIENTS6 if ':' in vip else hosts.CLIENTS4), vip

    def log(self, event, writer, vip):
        print(json.dumps({'t': time.time(), 'ev': event, 'src': writer.get_extra_info('sockname')[:2], 'client': vip}), flush=True)

    async def pause(self, seconds):
        """Whether to go on afterwards."""
        try:
            await asyncio.wait_for(self.ending.wait(), seconds)
            return False
        except asyncio.TimeoutError:
            return True

    async def session(self, port, interval, lasts, how, vips=None):
        """A line now and then until it has lasted long enough or all end, then FIN, or RST as `how` says."""
        client, vip = self.endpoints(vips)
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(vip, port, local_addr=(client, 0)), 10)
        except (OSError, asyncio.TimeoutError):
            self.counts['fail'] += 1
            return
        is_passing = lasts < float('inf')
        self.counts['passing' if is_passing else 'open'] += 1
        log = (lambda event: None) if is_passing else functools.partial(self.log, writer=writer, vip=vip)
        log('open')
        end = time.monotonic() + lasts
        try:
            while time.monotonic() < end:
                writer.write(b'line\n')
                await writer.drain()
                if not await reader.readline():
                    break
                if not await self.pause(min(self.random.uniform(.7, 1.3) * interval, max(0, end - time.monotonic()))):
                    break
            if how == 'rst':
                writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            log('close')
            writer.close()
            await writer.wait_closed()
            self.counts['closed'] += not is_passing
        except OSError:
            log('reset')
            self.counts['passingReset' if is_passing else 'reset'] += 1
            writer.close()

    async def flow(self, interval):
        client, vip = self.endpoints()
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET6 if ':' in vip else socket.AF_INET, socket.SOCK_DGRAM) as flow:
            flow.setblocking(False)
            flow.bind((client, 0))
            flow.connect((vip, UDP_PORT))
            self.counts['udp'] += 1
            while await self.pause(self.random.uniform(.7, 1.3) * interval):
                try:
                    flow.send(b'datagram')
                    await asyncio.wait_for(loop.sock_recv(flow, 100), 2)
                except (OSError, asyncio.TimeoutError):
                    self.counts['unanswered'] += 1

    async def passing(self):
        """Sessions to the first address of each family that come, are announced, and go, of each kind in turn: half of them with a RST."""
        tasks = []
        kinds = itertools.cycle(itertools.product(PORTS, ('rst', 'fin'), [vips[:1] for vips in self.vips]))
        while await self.pause(self.random.expovariate(.7)):
            if self.is_calm:
                continue
            port, how, vips = next(kinds)
            tasks.append(asyncio.create_task(self.session(port, .5, self.random.uniform(4, 8), how, vips)))
        await asyncio.gather(*tasks)

    def change_calm(self):
        self.is_calm = not self.is_calm

    async def tell(self):
        while True:
            self.print()
            await asyncio.sleep(1)

    def print(self):
        print(json.dumps({'t': time.time(), **self.counts}), flush=True)

    async def use(self):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.ending.set)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.change_calm)
        for vip in itertools.chain(*self.vips):
            print(json.dumps({'t': time.time(), 'client': vip, 'dst': vip, 'mode': 'hold'}), flush=True)
        tell = asyncio.create_task(self.tell())
        tasks = [asyncio.create_task(self.passing())]
        for number in range(self.sessions):
            # A third persistent; some that are quick enough to be announced again soon, most that are not.
            port = 443 if number % 3 == 0 else 80
            tasks.append(asyncio.create_task(self.session(port, self.random.choice([.3, .8, 1.5, 2.5]), float('inf'), 'fin')))
            if number % 6 == 0:
                tasks.append(asyncio.create_task(self.flow(self.random.uniform(.4, 3))))
            await asyncio.sleep(.05)
        await asyncio.gather(*tasks)
        tell.cancel()
        self.print()


if sys.argv[1] == 'serve':
    asyncio.run(serve())
else:
    async def main():
        await Clients(json.loads(sys.argv[2]), int(sys.argv[3])).use()
    asyncio.run(main())
