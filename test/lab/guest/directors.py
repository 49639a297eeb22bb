"""keepalived on the two directors."""
import os
import pathlib
import signal
import subprocess
import hosts

FOLDER = pathlib.Path('/run/directors')
PRIORITIES = {'lb1': 150, 'lb2': 100, 'lb3': 50}
# Who is there, by set-up; lb3 and lb4 of two pairs are lb1 and lb2 of another address.
NAMES = {'three': ('lb1', 'lb2', 'lb3'), 'two-pairs': ('lb1', 'lb2', 'lb3', 'lb4')}
PAIRS = {'lb3': 'lb1', 'lb4': 'lb2'}
# A director that has come back listens this long before it takes over: its table is neither empty nor whole then.
PREEMPT_DELAY = 8
SERVICES = (('TCP', 80, None), ('TCP', 443, 60), ('UDP', 5353, None))


def service(vip, reals, protocol, port, persistence):
    persistent = f'\tpersistence_timeout {persistence}\n' if persistence else ''
    servers = ''.join(f'\treal_server {real} {port} {{\n\t\tweight 1\n\t}}\n' for real in reals)
    return f'virtual_server {vip} {port} {{\n\tlb_algo lc\n\tlb_kind DR\n\tprotocol {protocol}\n{persistent}{servers}}}\n'


def instance(name, virtual_router, addresses, priority, authentication, more=''):
    auth = f'\tauthentication {{\n\t\tauth_type {authentication}\n\t\tauth_pass 1111\n\t}}\n' if authentication else ''
    listed = ''.join(f'\t\t{address}\n' for address in addresses)
    return (f'vrrp_instance {name} {{\n\tstate BACKUP\n\tinterface eth0\n\tvirtual_router_id {virtual_router}\n\tpriority {priority}\n'
            f'\tadvert_int 1\n\tpreempt_delay {PREEMPT_DELAY}\n{auth}{more}\tvirtual_ipaddress {{\n{listed}\t}}\n}}\n')


def peers(director, names):
    """Adverts to each of the others alone, instead of to their group."""
    others = ''.join(f'\t\t{hosts.NET4}{hosts.NUMBERS[name]}\n' for name in names if name != director)
    return f'\tunicast_src_ip {hosts.NET4}{hosts.NUMBERS[director]}\n\tunicast_peer {{\n{others}\t}}\n'


def configuration(director, families, authentication, set_up):
    """`authentication`: AH or PASS (VRRP version 2), or nothing: version 3."""
    is_other_pair = set_up == 'two-pairs' and director in PAIRS
    priority = PRIORITIES[PAIRS[director] if is_other_pair else director]
    vip4 = hosts.OTHER_VIP4 if is_other_pair else hosts.VIP4
    more = peers(director, names_of(set_up)) if set_up == 'unicast' else ''
    text = 'global_defs {\n\tlvs_sync_daemon eth0 VI_4 id 51\n\tvrrp_garp_master_refresh 0\n' + ('' if authentication else '\tvrrp_version 3\n') + '}\n'
    # The sync daemon hangs on VI_4, so that one is there always.
    text += instance('VI_4', 71 if is_other_pair else 51, [vip4 + '/24'], priority, authentication, more)
    if set_up == 'active-active':
        # Each director is master of one address, and the other's backup; the sync daemon hangs on the first alone.
        text += instance('VI_5', 52, [hosts.OTHER_VIP4 + '/24'], 250 - priority, authentication)
        text += ''.join(service(hosts.OTHER_VIP4, [hosts.NET4 + '1', hosts.NET4 + '2'], *one) for one in SERVICES)
    if 6 in families:
        text += instance('VI_6', 61, ['fe80::61', hosts.VIP6 + '/128'], priority, None)
        text += 'vrrp_sync_group both {\n\tgroup {\n\t\tVI_4\n\t\tVI_6\n\t}\n}\n'
    for family in families:
        vip, net = (vip4, hosts.NET4) if family == 4 else (hosts.VIP6, hosts.NET6)
        text += ''.join(service(vip, [net + '1', net + '2'], *one) for one in SERVICES)
    return text


def names_of(set_up):
    return NAMES.get(set_up, ('lb1', 'lb2'))


class Director:
    def __init__(self, name, scenario):
        self.name = name
        self.scenario = scenario
        self.folder = FOLDER / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.configuration = self.folder / 'keepalived.conf'
        self.configuration.write_text(configuration(name, scenario['families'], scenario['authentication'], scenario['arrangement']))
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


class ByHand(Director):
    """Without keepalived, as under pacemaker or ldirectord: both daemons on both directors, and somebody moves the address."""

    def start(self):
        for protocol, port, persistence in SERVICES:
            endpoint = ('-t' if protocol == 'TCP' else '-u', f'{hosts.VIP4}:{port}')
            hosts.run('ipvsadm', '--add-service', *endpoint, '--scheduler', 'lc', *(['--persistent', str(persistence)] if persistence else []), host=self.name)
            for real in ('1', '2'):
                hosts.run('ipvsadm', '--add-server', *endpoint, '--real-server', f'{hosts.NET4}{real}:{port}', '--gatewaying', host=self.name)
        for daemon in ('master', 'backup'):
            hosts.run('ipvsadm', '--start-daemon', daemon, '--mcast-interface', 'eth0', '--syncid', '51', host=self.name)
        self.keepalived = None

    def stop(self):
        pass

    def kill(self):
        pass

    def serve(self, is_serving):
        hosts.run('ip', 'addr', 'add' if is_serving else 'del', hosts.VIP4 + '/32', 'dev', 'eth0', host=self.name)
        if is_serving:
            hosts.claim(self.name, hosts.VIP4)
