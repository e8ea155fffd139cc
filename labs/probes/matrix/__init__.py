"""Every pair at once: can each of these ends reach each other one, by ICMP, TCP or UDP.

One process enters each source's namespace once, leaves sockets there, and sends and hears for all of them, so that all
silent pairs together cost one deadline. Covers addresses; names, DNS and HTTP are for single probes. Verdicts and
evidence are those of `labs.probes`. Only an address that means one end is asked: where two ends hold the same address
on networks the source does not share, the pair is "not_measured".
"""
