#!/bin/sh
# For --exec: the event is in the environment, and on stdin as JSON. Here it becomes a line of the system's log, or of LOG.
line="$IPVSTOP_EVENT ${IPVSTOP_KIND:-} ${IPVSTOP_FROM:-} > ${IPVSTOP_TO:-}: knows ${IPVSTOP_KNOWN:-?} of ${IPVSTOP_HELD:-?}"
if [ -n "${LOG:-}" ]; then
	printf '%s\n' "$line" >>"$LOG"
else
	logger --tag ipvstop --priority daemon.warning "$line"
fi
