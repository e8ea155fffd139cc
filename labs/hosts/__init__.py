"""Lab hosts: boxes with their own Docker Engine, the underlay that joins them, and the image they start from.

A lab host is a `runc` container in a user namespace of its own (a *box*), so root in it is nobody on the machine.
Covers starting, limiting, listing, adopting, parking and stopping hosts. Knows nothing of networks and containers
inside the engine: that is `labs.engine`.
"""
