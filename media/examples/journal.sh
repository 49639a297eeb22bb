#!/bin/sh
# What the service has told of takeovers, from its journal: journal.sh --since yesterday
journalctl --unit ipvstop --output cat --quiet "$@" | "$(dirname "$0")/takeovers.py"
