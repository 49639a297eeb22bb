"""What an administrator and two ordinary users do with the Debian package under a running systemd, while directors announce sessions.

Each step leaves a line in /out/steps.ndjson: what was done, seconds, what it said. Nothing is judged here.
"""
import json
import os
import pathlib
import re
import subprocess
import time
import traceback
import urllib.request

OUT = pathlib.Path('/out')
LOG = '/var/lib/ipvstop/log/'
steps = open(OUT / 'steps.ndjson', 'w')


def sh(command, user=None, patience=120):
    """(code, stdout, stderr, seconds) of a command line, as a login shell of that user would run it."""
    words = ['runuser', '--login', user, '--command', command] if user else ['sh', '-c', command]
    began = time.monotonic()
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience)
    return done.returncode, done.stdout, done.stderr, time.monotonic() - began


def step(name, command, user=None, patience=120, **more):
    code, out, err, seconds = sh(command, user, patience)
    tell(name, command=command, user=user or 'root', code=code, seconds=round(seconds, 2), out=out[-6000:], err=err[-3000:], **more)
    return out


def tell(name, **fields):
    steps.write(json.dumps({'step': name, 'at': time.time(), **fields}) + '\n')
    steps.flush()


def until(what, holds, patience=60):
    """Seconds until it holds."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > patience:
            raise RuntimeError(f'not within {patience} s: {what}')
        time.sleep(.05)
    return round(time.monotonic() - began, 2)


def pid():
    return int(sh('systemctl show --property=MainPID --value ipvstop')[1])


def metrics():
    try:
        return urllib.request.urlopen('http://127.0.0.1:9464/metrics', timeout=5).read().decode()
    except OSError:
        return ''


def figure(name, text=None):
    found = re.findall(rf'^{name}(?:{{[^}}]*}})? ([\d.e+]+)$', metrics() if text is None else text, re.MULTILINE)
    return sum(float(one) for one in found)


def sessions():
    return int(figure('ipvstop_sessions'))


class Screen:
    """ipvstop in a terminal of 80x24, as an ordinary user types it."""

    def __init__(self, user, command='ipvstop', columns=80, rows=24):
        self.user = user
        self.tmux(f'new-session -d -s look -x {columns} -y {rows} "{command}; echo left with $?; sleep 1000"')

    def tmux(self, words):
        return sh(f'tmux {words}', self.user)[1]

    def text(self):
        return self.tmux('capture-pane -p -t look')

    def keys(self, keys):
        self.tmux(f'send-keys -t look {keys}')

    def end(self):
        self.tmux('kill-server')


def look(name, user, pattern, command='ipvstop'):
    began = time.monotonic()
    screen = Screen(user, command)
    try:
        seconds = until(f'{name}: {pattern}', lambda: re.search(pattern, screen.text()))
        tell(name, user=user, command=command, seconds=round(time.monotonic() - began, 2), out=screen.text())
    except RuntimeError as error:
        tell(name, user=user, command=command, failure=str(error), out=screen.text())
    return screen


def prepare():
    step('what it is', 'cat /etc/debian_version; uname -sr; systemctl --version | head -1; systemctl is-system-running')
    for name in ('alice', 'bob'):
        sh(f'useradd --create-home --shell /bin/bash {name}')
    sh('ip link set lo up')
    sh('modprobe veth; ip netns add wire; ip link add eth1 type veth peer name wire0; ip link set wire0 netns wire; ip address add 192.168.10.250/24 dev eth1; ip link set eth1 up; ip netns exec wire ip link set wire0 up')
    return subprocess.Popen(['ip', 'netns', 'exec', 'wire', 'python3', '/guest/sender.py', '/out/traffic.pcap', 'wire0'])


def install():
    step('install', 'dpkg -i /out/ipvstop.deb')
    step('after installing', 'systemctl is-enabled ipvstop; systemctl is-active ipvstop; systemctl show ipvstop --property=User,Group,MainPID,Result; id ipvstop; stat --format "%U %G %a %n" /var/lib/ipvstop /var/lib/ipvstop/log')
    step('enable --now', 'systemctl enable --now ipvstop')
    until('sessions', lambda: sessions() >= 50)
    step('what it may', f'grep -E "^(Uid|Gid|Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):" /proc/{pid()}/status')
    step('files of the log', f'ls -la {LOG}; journalctl --unit ipvstop --no-pager --output cat | head -4 | cut -c1-200')
    step('health', 'python3 -c "import urllib.request as r; a = r.urlopen(\'http://127.0.0.1:9464/healthz\'); print(a.status, a.read().decode())"')


def users():
    step('outside the group, text', 'ipvstop --list --duration 4 | head -3', 'bob')
    step('how slow it is here', 'time ipvstop --version', 'bob')
    look('outside the group, screen', 'bob', 'LIVE joined').end()
    step('outside the group, -r', f'ipvstop -r {LOG} --list', 'bob')
    step('into the group', 'usermod --append --groups ipvstop alice')
    step('in the group, text', 'ipvstop --list | head -5; ipvstop --list | wc -l', 'alice')
    step('in the group, events', f'ipvstop -r {LOG} --events --since 1h --duration 2 | head -3 | cut -c1-160', 'alice')
    screen = look('in the group, screen', 'alice', 'LOG since')
    return screen


def losing(name, command, screen=None):
    """Something that ends the service for a while: how long until the table is there again, and what is told of the gap."""
    before, held = pid(), sessions()
    began = time.monotonic()
    code, out, err, _ = sh(command)
    until('another process', lambda: pid() not in (0, before))
    started = time.monotonic()
    until('metrics', lambda: metrics() != '')
    # What is there at once is of the log: in this time the wire tells of a few at most.
    there = sessions()
    until('as many sessions', lambda: sessions() >= held * .9)
    tell(name, command=command, code=code, out=out[-3000:], err=err[-2000:], held=held, there=there, down=round(started - began, 2), seconds=round(time.monotonic() - started, 2))
    step(f'{name}: what is told', 'journalctl --unit ipvstop --no-pager --output cat | grep -E \'"event":"(note|log|gap|source|restart|resum)|not heard\' | tail -3 | cut -c1-300; journalctl --unit ipvstop --no-pager | grep systemd | tail -6')
    if screen:
        tell(f'{name}: screen', out=screen.text())


def day():
    """A log of 24 hours, and the service that goes on with it."""
    sh(f'rm -rf {LOG}*')
    step('a day is written', f'runuser -u ipvstop -- ipvstop --no-config -r eth1=/out/day.pcap -w {LOG} --list | wc -l; du -sh {LOG}; ls {LOG}*.pcapng | wc -l', patience=400)
    step('start on it', 'systemctl start ipvstop')
    began = time.monotonic()
    until('metrics', lambda: metrics() != '')
    there, seconds = sessions(), time.monotonic() - began
    until('traffic', lambda: figure('ipvstop_director_records_total') > 0)
    tell('the service on a day', there=there, seconds=round(seconds, 2), memory=sh('systemctl show --property=MemoryCurrent --value ipvstop')[1].strip())
    screen = look('a day on the screen', 'alice', 'LOG since 1d|LOG since 2[34]h')
    screen.keys('4')
    time.sleep(4)
    tell('a day: takeovers', out=screen.text())
    screen.keys('"["')
    time.sleep(6)
    tell('a day: back by a key', out=screen.text())
    screen.end()
    step('a day: takeovers as text', f'ipvstop -r {LOG} --events --since 1d --duration 8 event=takeover | cut -c1-110', 'alice')
    step('a day: the table of 12 hours ago', f'ipvstop -r {LOG} --list --at $(date -u -d "12 hours ago" +%FT%TZ) | wc -l', 'alice')
    step('a day: its report', f'ipvstop -r {LOG} --report ~/day.html && wc -c ~/day.html', 'alice', 200)


def main():
    sender = prepare()
    install()
    screen = users()
    losing('restart', 'systemctl restart ipvstop', screen)
    losing('kill -9', 'systemctl kill --signal=KILL ipvstop', screen)
    before = pid()
    sh('cp /etc/ipvstop/config.toml /root/config; echo "interfaces = 7" >>/etc/ipvstop/config.toml')
    step('reload, wrong', 'systemctl reload ipvstop; sleep 1; journalctl --unit ipvstop --no-pager --output cat | grep -v \'^{\' | tail -3')
    sh('cp /root/config /etc/ipvstop/config.toml; printf \'[aliases]\\nweb = "192.168.10.100:80"\\n\' >>/etc/ipvstop/config.toml')
    step('reload, right', 'systemctl reload ipvstop; sleep 1; journalctl --unit ipvstop --no-pager --output cat | grep -v \'^{\' | tail -2', same=before == pid(), sessions=sessions())
    sh('cp /root/config /etc/ipvstop/config.toml')
    losing('upgrade', 'dpkg -i /out/newer.deb', screen)
    step('after the upgrade', 'dpkg-query --show ipvstop; systemctl is-active ipvstop; systemctl is-enabled ipvstop')
    step('what is told of the gaps', f'ipvstop -r {LOG} --events --since 1h --duration 3 event=gap', 'alice')
    tell('screen after all', out=screen.text())
    screen.end()
    step('stop', 'systemctl stop ipvstop; systemctl show ipvstop --property=Result,ExecMainStatus')
    step('stopped, text', 'ipvstop --list --duration 3 | head -3', 'alice')
    day()
    step('remove', 'apt-get remove --yes ipvstop')
    step('after the removal', f'ls -d {LOG} /etc/ipvstop /usr/bin/ipvstop; systemctl status ipvstop --no-pager | head -3; systemctl list-unit-files ipvstop.service --no-pager')
    step('install again', 'dpkg -i /out/ipvstop.deb; systemctl is-active ipvstop; systemctl is-enabled ipvstop')
    until('sessions', lambda: sessions() >= 50)
    step('purge', 'apt-get purge --yes ipvstop')
    step('after the purge', 'ls -d /var/lib/ipvstop /etc/ipvstop /usr/bin/ipvstop; ls -R /var/lib/ipvstop 2>/dev/null | head; systemctl list-unit-files ipvstop.service --no-pager; find / -xdev -iname "*ipvstop*" -not -path "/proc/*" -not -path "/out/*" -not -path "/guest/*" -not -path "/old/*" 2>/dev/null; systemctl is-system-running; systemctl --failed --no-pager')
    sender.terminate()
    tell('done')


try:
    main()
except BaseException:
    traceback.print_exc()
    tell('failure', out=traceback.format_exc())
    step('journal', 'journalctl --no-pager | tail -80')
