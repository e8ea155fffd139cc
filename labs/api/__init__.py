"""REST over `labs.services`: `/api/v1/`, described at `/api/v1/schema`, one error shape for every refusal.

Routes read a request, call a service and write an answer; what may be done, and when, is decided in the services. Who
may do it is decided in `authentication` and `access`.
"""
