"""What Netquarium does with its rows, hosts and engines. Knows nothing of HTTP.

Two kinds of module live here. What the *web* process calls (`catalog`, `access`, `session.request`, `probe_request`,
`matrix_request`, `topology`) touches rows, Redis, the task queue and the observer's socket alone. What the *worker*
calls (`session.launch`, `session.stopping`, `session.sweep`, `probe_measure`, `matrix_measure`) enters hosts and
engines as root; the web process never imports it.
"""
