"""Active measurements: can this source reach that target, and if not, how did it fail.

Every probe runs on sockets opened in the source's own network namespace, so routes, rules and address choice are the
source's. Covers single probes by ICMP, TCP, UDP, DNS and HTTP. Leaves out why a packet was lost; that is read from
the kernel, not measured. Silence is a result, never an error; a probe that could not run says "not_measured".
"""
