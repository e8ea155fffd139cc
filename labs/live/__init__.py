"""The live half: what the kernel and the engines do, carried to browsers as it happens; and terminals.

Three processes meet here. The *observer* (`manage.py observe`, root) watches every namespace and engine of the running
sessions, publishes numbered messages to Redis, and holds terminals on a local socket. *Services* (workers) publish
progress and state into the same numbered stream through `stream`. The *web* process reads the stream once per session
and fans it out to its websockets (`hub`, `session_consumer`), and passes terminal bytes to and fro (`client`,
`terminal_consumer`). Building and comparing graphs is `labs.topology`'s; sessions as rows are `labs.services`'.
"""
