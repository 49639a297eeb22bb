"""Plays a capture into an interface, over and over, with the gaps that its frames had. `sender.py CAPTURE INTERFACE`."""
import socket
import struct
import sys
import time


def frames(file):
    """Of an Ethernet pcap with microseconds, little-endian: what tcpdump writes here."""
    octets = open(file, 'rb').read()
    assert octets[:4] == b'\xd4\xc3\xb2\xa1', 'another kind of capture'
    at = 24
    while at < len(octets):
        seconds, microseconds, length, _ = struct.unpack_from('<IIII', octets, at)
        yield seconds + microseconds / 1e6, octets[at + 16:at + 16 + length]
        at += 16 + length


def play(file, interface):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((interface, 0))
    known = list(frames(file))
    while True:
        began = time.monotonic()
        for when, frame in known:
            time.sleep(max(0, when - known[0][0] - (time.monotonic() - began)))
            wire.send(frame)


if __name__ == '__main__':
    play(*sys.argv[1:])
