#!/usr/bin/env python3
"""Tells of each takeover in a line, and ends with 1 if one lost sessions: ipvstop … --events --json | takeovers.py"""
import json
import sys

lost = 0
for line in sys.stdin:
    event = json.loads(line)
    if event.get("event") != "takeover":
        continue
    resets = event["expected"]["resets"]
    lost += resets
    print(
        f"{event['time'][:19]}Z {event['kind']}: {event['to']} after {event['from']} knows {event['known']} of {event['held']}"
        f" open sessions, {resets} resets expected ({event['expected']['sureness']})", flush=True)

sys.exit(1 if lost > 0 else 0)
