"""The Django site: settings, URLs, the ASGI application and the Celery application."""
