"""The hosts of the lab: network namespaces on one bridge, all on the same segment."""
import array
import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import subprocess

NET4 = '192.168.10.'
NET6 = 'fd00:10::'
VIP4 = NET4 + '100'
VIP6 = NET6 + '100'
# Of a second virtual router: the other director's, or another pair's.
OTHER_VIP4 = NET4 + '200'
# Clients come from many addresses, so that persistence has several templates to make.
CLIENTS4 = [f'203.0.113.{n}' for n in range(1, 61)]
CLIENTS6 = [f'{NET6}c:{n:x}' for n in range(1, 61)]
# The last octet of each host's addresses.
NUMBERS = {'lb1': '11', 'lb2': '12', 'lb3': '13', 'lb4': '14', 'rs1': '1', 'rs2': '2', 'client': '50', 'mon': None}

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def run(*words, host=None, text=None):
    """A command that must succeed, on a host or on the bridge."""
    return subprocess.run([*on(host), *words], check=True, input=text, stdout=subprocess.PIPE, text=True, timeout=20).stdout


def on(host):
    return ['nsenter', f'--net=/run/netns/{host}'] if host else []


def enter(host):
    """Moves this thread to a host."""
    with open(f'/run/netns/{host}') as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f'setns {host}')


def set_sysctl(host, **values):
    for name, value in values.items():
        subprocess.run([*on(host), 'tee', '/proc/sys/net/' + name.replace('__', '/')], check=True, input=str(value), stdout=subprocess.DEVNULL, text=True)


def without_offloads(interface):
    """A capture on a veth would else hold packets as no wire carries them: unsummed, and merged."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in (0x17, 0x19, 0x1f, 0x24, 0x2c):  # linux/ethtool.h: STXCSUM SSG STSO SGSO SGRO
            request = array.array('B', struct.pack('II', command, 0))
            fcntl.ioctl(any_socket, 0x8946, struct.pack('16sP', interface.encode(), request.buffer_info()[0]).ljust(40, b'\0'))


def make_segment():
    """The switch: without snooping, every port hears every group."""
    run('ip', 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0', 'stp_state', '0', 'forward_delay', '0')
    pathlib.Path('/proc/sys/net/ipv6/conf/br0/disable_ipv6').write_text('1')
    run('ip', 'link', 'set', 'br0', 'up')


def cable(host, is_plugged):
    run('ip', 'link', 'set', 'to-' + host, 'up' if is_plugged else 'down')


def power_on(host):
    """A host with an empty kernel, the same addresses as ever, and its cable in."""
    number = NUMBERS[host]
    address = f'52:54:00:0a:00:{int(number or 99):02x}'
    run('ip', 'netns', 'add', host)
    run('ip', 'link', 'add', 'to-' + host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host, 'address', address)
    pathlib.Path(f'/proc/sys/net/ipv6/conf/to-{host}/disable_ipv6').write_text('1')
    set_sysctl(host, ipv4__conf__all__rp_filter=0, ipv4__conf__default__rp_filter=0, ipv4__conf__eth0__rp_filter=0,
               ipv6__conf__all__accept_dad=0, ipv6__conf__default__accept_dad=0, ipv6__conf__eth0__accept_dad=0,
               ipv6__conf__eth0__router_solicitations=0, ipv4__ip_forward=1, ipv6__conf__all__forwarding=1)
    subprocess.run([*on(host), 'python3', '-B', '-c', 'import hosts; hosts.without_offloads("eth0")'], check=True, cwd='/guest')
    without_offloads('to-' + host)
    lines = ['link set lo up', 'link set eth0 up']
    if number:
        lines += [f'addr add {NET4}{number}/24 brd + dev eth0', f'addr add {NET6}{number}/64 dev eth0 nodad']
    if host == 'client':
        lines += [f'addr add {one}/32 dev eth0' for one in CLIENTS4] + [f'addr add {one}/64 dev eth0 nodad' for one in CLIENTS6]
    elif number:
        lines += ['route add 203.0.113.0/24 dev eth0']
    if host.startswith('rs'):
        # A real server of direct routing owns the virtual addresses and tells nobody.
        set_sysctl(host, ipv4__conf__all__arp_ignore=1, ipv4__conf__all__arp_announce=2)
        lines += [f'addr add {VIP4}/32 dev lo', f'addr add {OTHER_VIP4}/32 dev lo', f'addr add {VIP6}/128 dev lo nodad']
    run('ip', '-batch', '-', host=host, text='\n'.join(lines))
    run('ip', 'link', 'set', 'to-' + host, 'master', 'br0', 'up')


def claim(host, address):
    """Gratuitous ARP: who sends frames to this address is to send them to this host."""
    own, number = bytes.fromhex('5254000a00' + f'{int(NUMBERS[host]):02x}'), socket.inet_aton(address)
    request = b'\xff' * 6 + own + struct.pack('!HHHBBH', 0x806, 1, 0x800, 6, 4, 1) + own + number + b'\xff' * 6 + number
    subprocess.run([*on(host), 'python3', '-B', '-c', f"""
import socket
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
    wire.bind(('eth0', 0x806))
    wire.send(bytes.fromhex('{request.hex()}'))
"""], check=True)


def power_off(host):
    """The namespace goes with all that its kernel held. Nothing may run in it any more."""
    run('ip', 'netns', 'delete', host)
    # The cable goes with the namespace, a moment later.
    subprocess.run(['ip', 'link', 'delete', 'to-' + host], stderr=subprocess.DEVNULL, check=False)
