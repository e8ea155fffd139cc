"""Everything `./nq` does: from a bare machine to a running instance, and back.

Runs on the Python that the machine has, before any package is installed: the standard library only, plus
`labs.errors` and `labs.places`, which need nothing else. Covers packages, virtual environments, the page's build,
the supervisor and its programs, and the command line. Leaves out what the programs do.
"""
