"""One run: two directors, clients, a takeover or two, and ipvstop watching. What happened is left in /out."""
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import traceback
import urllib.request
import hosts
from directors import ByHand, Director, names_of
from observer import Console, Observer

OUT = pathlib.Path('/out')
# All that ipvstop listens to, and more: what it may not have heard is to be in this capture.
CAPTURED = '(udp and ip multicast) or arp or ip proto 112 or ip proto 51 or igmp or (ip6 multicast) or (ip6 proto 112)'
MODULES = ('veth', 'bridge', 'ip_vs', 'ip_vs_lc')
METRICS_PORT = 9100


class Run:
    def __init__(self):
        self.scenario = json.loads((OUT / 'scenario.json').read_text())
        self.timeline = open(OUT / 'timeline.ndjson', 'w')
        self.programs = []
        self.observer = None

    def note(self, what):
        self.timeline.write(json.dumps({'t': time.time(), 'what': what}) + '\n')
        self.timeline.flush()

    def start(self, name, *words, host, environment=None):
        """A program whose output goes to /out; it is asked to end with the run, the first one last."""
        with open(OUT / f'{name}.out', 'w') as out, open(OUT / f'{name}.err', 'w') as err:
            program = subprocess.Popen([*hosts.on(host), *words], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
        self.programs.append((name, program))
        return program

    def end(self, program):
        name = next(name for name, one in self.programs if one is program)
        program.terminate()
        self.note(f'{name} ended: {program.wait(30)}')

    def until(self, what, holds, patience=40):
        """Waits for what the run cannot go on without."""
        end = time.monotonic() + patience
        while not holds():
            for name, program in self.programs:
                if program.poll() is not None:
                    raise RuntimeError(f'{name} ended with {program.returncode} while waiting until {what}: ' + (OUT / f'{name}.err').read_text())
            if self.observer:
                self.observer.check()
            if time.monotonic() > end:
                raise RuntimeError(f'not within {patience} s: {what}')
            time.sleep(.1)
        self.note(what)

    def watch_for(self, seconds):
        """Lets it run: real seconds of real traffic."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.observer.check()
            time.sleep(.1)

    # What the kernels say

    def has_role(self, name, role, daemon):
        latest = self.observer.latest.get(name)
        return latest is not None and latest['role'] == role and any(line.startswith(daemon) for line in latest['sync'])

    def open_at(self, *names):
        """Held-open TCP sessions in the tables of these directors together."""
        tables = [self.observer.latest[name]['conns'] for name in names if name in self.observer.latest]
        return len({(row['caddr'], row['cport'], row['vaddr'], row['vport']) for rows in tables for row in rows if row['state'] == 'ESTABLISHED'})

    # The run

    def prepare(self):
        subprocess.run(['modprobe', '--all', *MODULES], check=True)
        subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
        hosts.make_segment()
        for host in ('mon', 'client', 'rs1', 'rs2'):
            hosts.power_on(host)
        self.set_up = self.scenario['arrangement']
        kind = ByHand if self.set_up == 'by-hand' else Director
        self.directors = {name: kind(name, self.scenario) for name in names_of(self.set_up)}
        for director in self.directors.values():
            director.power_on()

    def listen(self):
        """tcpdump and ipvstop, twice: for its lines, recording, triggers and metrics, and as its screen."""
        self.tcpdump = self.start('tcpdump', 'tcpdump', '-Z', 'root', '-n', '-U', '-i', 'eth0', '-B', '8192', '-w', '/out/capture.pcap', CAPTURED, host='mon')
        ipvstop = self.scenario['ipvstop']
        environment = {'PATH': os.environ['PATH'], 'HOME': '/nonexistent', 'LANG': 'C.UTF-8', 'TERM': 'xterm-256color', 'TZ': 'UTC'}
        self.lines = self.start('events', *ipvstop, *self.scenario['arguments'], '--metrics', str(METRICS_PORT), host='mon', environment=environment)
        console = Console([*hosts.on('mon'), *ipvstop, '-i', 'eth0', '--no-config', 'template or not template'], environment)
        for name in ('rs1', 'rs2'):
            self.start('serve-' + name, 'python3', '-B', '/guest/clients.py', 'serve', host=name)

        self.until('tcpdump listens', lambda: 'listening on' in (OUT / 'tcpdump.err').read_text())
        # A packet socket each. Without an address they cannot join the groups, and need not: this switch floods them.
        self.until('both ipvstop listen', lambda: len(hosts.run('cat', '/proc/net/packet', host='mon').splitlines()) == 1 + 3)
        for name in ('rs1', 'rs2'):
            self.until(f'{name} serves', lambda name=name: 'ready' in (OUT / f'serve-{name}.out').read_text())
        self.observer = Observer(list(self.directors.values()), console)
        self.console = console

    def fill(self):
        """Both directors up, and all sessions known to the backup."""
        lb1, *others = self.directors.values()
        lb1.start()
        if self.set_up == 'by-hand':
            lb1.serve(True)
        if self.set_up == 'active-active':
            # At once, so that each is master of its own address from the beginning.
            others[0].start()
            self.until('lb2 is master of the other address', lambda: self.observer.latest.get('lb2', {}).get('has_other'))
        self.until('lb1 is master', lambda: self.has_role('lb1', 'master', 'master'))
        for other in others if self.set_up != 'active-active' else ():
            other.start()
            role = 'master' if self.set_up == 'two-pairs' and other.name == 'lb3' else 'backup'
            self.until(f'{other.name} is {role}', lambda name=other.name, role=role: self.has_role(name, role, role))
        sessions = self.scenario['sessions']
        vips = {4: [hosts.VIP4, hosts.OTHER_VIP4] if self.set_up in ('active-active', 'two-pairs') else [hosts.VIP4], 6: [hosts.VIP6]}
        self.clients = self.start('clients', 'python3', '-B', '/guest/clients.py', 'use', json.dumps([vips[family] for family in self.scenario['families']]), str(sessions), host='client')
        # Those of the other pair's backup come from another master.
        backups = ('lb2', 'lb4') if self.set_up == 'two-pairs' else ('lb2',)
        # Of active/active, it serves some itself.
        self.until('lb2 knows all sessions', lambda: self.open_at(*backups) >= sessions, patience=60)
        self.watch_for(self.scenario['seconds'] / 3)
        self.calm()
        self.watch_for(self.scenario['seconds'] * 2 / 3)

    def calm(self):
        """Before a takeover no sessions come, and after it they do again: one that ends while nobody announces it would be open for us."""
        self.clients.send_signal(signal.SIGUSR1)

    def fail(self):
        """lb1 goes, in one way or another, and lb2 is master."""
        how = self.scenario['failure']
        lb1, lb2 = self.directors['lb1'], self.directors['lb2']
        if self.scenario['backupRestarts']:
            lb2.stop()
            lb2.start()
            self.note('keepalived of lb2 restarts')
            self.until('lb2 is backup again', lambda: self.has_role('lb2', 'backup', 'backup'))
            self.watch_for(4)
        self.note(f'lb1 fails: {how}')
        if how == 'moved':
            lb1.serve(False)
        elif how == 'cable':
            lb1.plug(False)
        elif how == 'power':
            self.observer.leave_alone('lb1')
            hosts.cable('lb1', is_plugged=False)
            lb1.kill()
            hosts.power_off('lb1')
        elif how == 'killed':
            lb1.kill()
        else:
            lb1.stop()
            if how == 'reboot':
                self.observer.leave_alone('lb1')
                hosts.power_off('lb1')
        if self.set_up == 'by-hand':
            self.watch_for(0 if how == 'moved' else 3)
            lb2.serve(True)
        self.until('lb2 is master', lambda: self.has_role('lb2', 'master', 'master'))
        self.calm()
        self.watch_for(self.scenario['seconds'])

    def come_back(self):
        """lb1 is there again, listens for a while and takes over by its priority."""
        how = self.scenario['failure']
        lb1, lb2 = self.directors['lb1'], self.directors['lb2']
        self.calm()
        self.note('lb1 comes back')
        if how == 'cable':
            lb1.plug(True)
        else:
            if how in ('power', 'reboot'):
                lb1.power_on()
                self.observer.look_again('lb1')
            if how != 'moved':
                lb1.start()
        if self.set_up == 'by-hand':
            self.watch_for(0 if how == 'moved' else 8)
            lb2.serve(False)
            lb1.serve(True)
        self.until('lb1 is master again', lambda: self.has_role('lb1', 'master', 'master') and self.has_role('lb2', 'backup', 'backup'))
        self.calm()
        self.watch_for(self.scenario['seconds'])

    def finish(self):
        self.end(self.clients)
        # The last that they said is announced some three seconds later.
        self.watch_for(5)
        self.observer.stop()
        hosts.enter('mon')
        (OUT / 'metrics.txt').write_bytes(urllib.request.urlopen(f'http://127.0.0.1:{METRICS_PORT}/metrics', timeout=20).read())
        self.note(f'console ended: {self.console.end()}')
        self.end(self.lines)
        self.end(self.tcpdump)

    def all(self):
        self.prepare()
        self.listen()
        self.fill()
        self.fail()
        if self.scenario['comesBack']:
            self.come_back()
        self.finish()
        self.note('done')


def power_down():
    os.sync()
    # linux/reboot.h: LINUX_REBOOT_CMD_POWER_OFF
    ctypes.CDLL(None).reboot(0x4321fedc)


if __name__ == '__main__':
    os.environ.update(PATH='/usr/sbin:/usr/bin:/sbin:/bin', HOME='/root', LC_ALL='C.UTF-8', PYTHONUNBUFFERED='1', PYTHONDONTWRITEBYTECODE='1')
    try:
        os.mkdir('/run/netns')
        Run().all()
    except BaseException:
        traceback.print_exc()
        (OUT / 'failure.txt').write_text(traceback.format_exc())
    sys.stdout.flush()
    power_down()
