#!/bin/sh
# Answers with the container's own name and addresses, so that a learner sees who replied.
printf 'Content-Type: text/plain\r\n\r\n'
printf 'I am %s (%s)\n' "$(hostname)" "$(hostname -I | sed 's/ $//')"
# an IPv4 caller comes as [::ffff:10.0.0.1]
printf 'you are %s\n' "$(echo "$REMOTE_ADDR" | sed 's/^\[::ffff:\(.*\)\]$/\1/')"
