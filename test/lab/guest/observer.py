"""Looks once a second at both directors' kernels and at what ipvstop holds, as close to each other as can be.

The kernels' tables are read from /proc; ipvstop runs in a terminal on the monitoring host, and `w` makes it write down its own.
"""
import fcntl
import json
import os
import pathlib
import pty
import select
import socket
import struct
import subprocess
import termios
import threading
import time
import hosts

ROWS, COLUMNS = 40, 160


def address(text):
    if len(text) == 8:
        return socket.inet_ntoa(bytes.fromhex(text))
    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(text.replace(':', '')) if len(text) == 32 else socket.inet_pton(socket.AF_INET6, text.strip('[]')))


def kernel_table():
    """Of this thread's host. /proc/net is the process's, so the thread's has to be named."""
    rows = []
    with open('/proc/thread-self/net/ip_vs_conn_sync') as lines:
        next(lines, None)
        for line in lines:
            proto, caddr, cport, vaddr, vport, daddr, dport, state, origin, expires = line.split()[:10]
            rows.append({
                'proto': proto, 'caddr': address(caddr), 'cport': int(cport, 16), 'vaddr': address(vaddr), 'vport': int(vport, 16),
                'daddr': address(daddr), 'dport': int(dport, 16), 'state': state, 'origin': origin, 'expires': int(expires),
            })
    return rows


def said(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, timeout=20).stdout.split('\n')


def role_of(director):
    """To be called on the director's host."""
    daemons = [line.strip() for line in said('ipvsadm', '-L', '--daemon') if line.strip()]
    vip = hosts.OTHER_VIP4 if director.scenario['arrangement'] == 'two-pairs' and director.name in ('lb3', 'lb4') else hosts.VIP4
    addresses = said('ip', '-oneline', 'address', 'show', 'dev', 'eth0')
    has_vip, has_other = (any(f' {one}/' in line for line in addresses) for one in (vip, hosts.OTHER_VIP4))
    # Without its cable it is told nothing, whatever it runs.
    is_backup = director.is_plugged and (director.is_running() or any(line.startswith('backup') for line in daemons))
    return {'role': 'master' if has_vip else 'backup' if is_backup else 'down', 'has_other': has_other, 'sync': daemons}


def poll(director):
    """To be called on the director's host."""
    begin = time.time()
    rows = kernel_table()
    return {'t': begin, 't_end': time.time(), 'ns': director.name, 'conns': rows}


class Console:
    """ipvstop in a terminal. What it writes to it is kept with its times, what it saves goes to /out/saved."""

    def __init__(self, words, environment):
        pathlib.Path('/out/saved').mkdir()
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir('/out/saved')
            os.execvpe(words[0], words, environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack('HHHH', ROWS, COLUMNS, 0, 0))
        threading.Thread(target=self.keep, daemon=True).start()

    def keep(self):
        with open('/out/screen.ndjson', 'w') as file:
            while True:
                try:
                    octets = os.read(self.terminal, 65536)
                except OSError:
                    return
                file.write(json.dumps({'t': time.time(), 'octets': octets.decode('latin1')}) + '\n')
                file.flush()

    def save(self):
        """Has the table written to a file and waits until it is there. Its name is the second, and none is written twice."""
        before = set(os.listdir('/out/saved'))
        for _ in range(10):
            os.write(self.terminal, b'w')
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                # A table comes in one piece: until there are more than a thousand sessions.
                if any(os.path.getsize('/out/saved/' + name) > 0 for name in set(os.listdir('/out/saved')) - before):
                    return
                time.sleep(.01)
        raise RuntimeError('the console saved nothing')

    def end(self):
        os.write(self.terminal, b'Q')
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


class Observer:
    def __init__(self, directors, console):
        self.directors = directors
        self.console = console
        self.latest = {}
        self.stopping = threading.Event()
        # A director that is about to lose its namespace must not be looked at meanwhile.
        self.lock = threading.Lock()
        self.away = set()
        self.failure = None
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        try:
            with open('/out/tables.ndjson', 'w') as file:
                former = {}
                while not self.stopping.is_set():
                    self.console.save()
                    due = time.monotonic() + 1
                    for director in self.directors:
                        with self.lock:
                            if director.name in self.away:
                                former.pop(director.name, None)
                                continue
                            table = self.at(director, poll)
                            role = self.at(director, role_of)
                            # One that was not the same before and after may have been either when its table was read.
                            is_sure = former.get(director.name) == role
                            self.latest[director.name] = {**table, **role}
                        file.write(json.dumps({**table, **role, 'role': role['role'] if is_sure else 'changing'}) + '\n')
                        former[director.name] = role
                    self.stopping.wait(due - time.monotonic())
        except Exception as failure:  # Told by `check`, in the thread that can end the run.
            self.failure = failure

    def at(self, director, ask):
        hosts.enter(director.name)
        return ask(director)

    def check(self):
        if self.failure:
            raise self.failure

    def leave_alone(self, name):
        with self.lock:
            self.away.add(name)
            self.latest.pop(name, None)

    def look_again(self, name):
        with self.lock:
            self.away.discard(name)

    def stop(self):
        self.stopping.set()
        self.thread.join()
        self.check()
