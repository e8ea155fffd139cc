"""The life of a session: asked for (`request`), launched, stopped, swept. States and moves: `labs.models.session`."""
