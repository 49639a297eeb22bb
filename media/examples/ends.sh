#!/bin/sh
# Counts how sessions of each real server ended: ipvstop … --events | ends.sh
# A line of text begins with time and event; a session's goes on with protocol, state, client, virtual and real server.
while read -r _time event _proto _state _client _virtual real _rest; do
	case $event in
		expired | ranout | evicted) printf '%s %s\n' "$real" "$event" ;;
	esac
done | sort | uniq -c | sort -rn
