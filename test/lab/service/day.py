"""`day.py CAPTURE OUT HOURS`: so many hours of a real pair, ending now: the 75 s before its takeover over and over, and all of it, with both takeovers, every six hours."""
import struct
import sys
import time

source, target, hours = sys.argv[1], sys.argv[2], float(sys.argv[3])
octets = open(source, 'rb').read()
frames = []
at = 24
while at < len(octets):
    seconds, microseconds, length, _ = struct.unpack_from('<IIII', octets, at)
    frames.append((seconds + microseconds / 1e6, octets[at + 16:at + 16 + length]))
    at += 16 + length
first = frames[0][0]
frames = [(when - first, frame) for when, frame in frames]
calm = [one for one in frames if one[0] < 75]
end = time.time() - 60
now = end - hours * 3600
failing = now + 3600
with open(target, 'wb') as file:
    file.write(octets[:24])
    while now < end:
        part, span = (frames, frames[-1][0] + 1) if now >= failing else (calm, 75)
        if part is frames:
            failing += 6 * 3600
        for when, frame in part:
            moment = now + when
            file.write(struct.pack('<IIII', int(moment), int(moment % 1 * 1e6), len(frame), len(frame)) + frame)
        now += span
