#!/bin/sh
# Answers with the container's own name and addresses, so that a learner sees who replied.
printf 'Content-Type: text/plain\r\n\r\n'
printf 'I am %s (%s)\n' "$(hostname)" "$(hostname -I | sed 's/ $//')"
printf 'you are %s\n' "$REMOTE_ADDR"
