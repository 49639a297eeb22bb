"""keepalived on the two directors."""
import os
import pathlib
import signal
import subprocess
import hosts

FOLDER = pathlib.Path('/run/directors')
PRIORITIES = {'lb1': 150, 'lb2': 100}
# A director that has come back listens this long before it takes over: its table is neither empty nor whole then.
PREEMPT_DELAY = 8
SERVICES = (('TCP', 80, None), ('TCP', 443, 60), ('UDP', 5353, None))


def service(vip, reals, protocol, port, persistence):
    persistent = f'\tpersistence_timeout {persistence}\n' if persistence else ''
    servers = ''.join(f'\treal_server {real} {port} {{\n\t\tweight 1\n\t}}\n' for real in reals)
    return f'virtual_server {vip} {port} {{\n\tlb_algo lc\n\tlb_kind DR\n\tprotocol {protocol}\n{persistent}{servers}}}\n'


def instance(name, virtual_router, addresses, priority, authentication):
    auth = f'\tauthentication {{\n\t\tauth_type {authentication}\n\t\tauth_pass 1111\n\t}}\n' if authentication else ''
    listed = ''.join(f'\t\t{address}\n' for address in addresses)
    return (f'vrrp_instance {name} {{\n\tstate BACKUP\n\tinterface eth0\n\tvirtual_router_id {virtual_router}\n\tpriority {priority}\n'
            f'\tadvert_int 1\n\tpreempt_delay {PREEMPT_DELAY}\n{auth}\tvirtual_ipaddress {{\n{listed}\t}}\n}}\n')


def configuration(director, families, authentication):
    """`authentication`: AH or PASS (VRRP version 2), or nothing: version 3."""
    priority = PRIORITIES[director]
    text = 'global_defs {\n\tlvs_sync_daemon eth0 VI_4 id 51\n\tvrrp_garp_master_refresh 0\n' + ('' if authentication else '\tvrrp_version 3\n') + '}\n'
    # The sync daemon hangs on VI_4, so that one is there always.
    text += instance('VI_4', 51, [hosts.VIP4 + '/24'], priority, authentication)
    if 6 in families:
        text += instance('VI_6', 61, ['fe80::61', hosts.VIP6 + '/128'], priority, None)
        text += 'vrrp_sync_group both {\n\tgroup {\n\t\tVI_4\n\t\tVI_6\n\t}\n}\n'
    for family in families:
        vip, net = (hosts.VIP4, hosts.NET4) if family == 4 else (hosts.VIP6, hosts.NET6)
        text += ''.join(service(vip, [net + '1', net + '2'], *one) for one in SERVICES)
    return text


class Director:
    def __init__(self, name, scenario):
        self.name = name
        self.scenario = scenario
        self.folder = FOLDER / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.configuration = self.folder / 'keepalived.conf'
        self.configuration.write_text(configuration(name, scenario['families'], scenario['authentication']))
        self.keepalived = None
        self.is_plugged = True

    def plug(self, is_plugged):
        self.is_plugged = is_plugged
        hosts.cable(self.name, is_plugged)

    def power_on(self):
        hosts.power_on(self.name)
        hosts.set_sysctl(self.name, ipv4__vs__sync_version=self.scenario['syncVersion'])

    def start(self):
        with open(f'/out/keepalived-{self.name}.log', 'a') as log:
            self.keepalived = subprocess.Popen([
                *hosts.on(self.name), 'keepalived', '--dont-fork', '--log-console', '--log-detail', '--use-file', str(self.configuration),
                '--pid', self.pid_file('parent'), '--vrrp_pid', self.pid_file('vrrp'), '--checkers_pid', self.pid_file('checkers'),
            ], stdout=log, stderr=log)

    def stop(self):
        """In good order: priority 0, then addresses and sync daemon go."""
        self.keepalived.terminate()
        self.keepalived.wait(20)

    def kill(self):
        """At once, children too: addresses, sync daemon and table stay. The parent is stopped first, or the children would end in order."""
        self.keepalived.send_signal(signal.SIGSTOP)
        for which in ('vrrp', 'checkers'):
            os.kill(int(pathlib.Path(self.pid_file(which)).read_text()), signal.SIGKILL)
        self.keepalived.kill()
        self.keepalived.wait(20)
        for which in ('parent', 'vrrp', 'checkers'):
            pathlib.Path(self.pid_file(which)).unlink(missing_ok=True)

    def is_running(self):
        return self.keepalived is not None and self.keepalived.poll() is None

    def pid_file(self, which):
        return str(self.folder / (which + '.pid'))
