"""Predictions over HTTP: a page to explore, a service to call, by one process (`nanonet serve`).

In: loaded models (`served`). Out: an ASGI application (`app.create_app`) that answers with what `predict`, `phases` and
`potentials` compute; requests are read by `bodies`, checked by `schemas`, and answered by `answers`; `guards` stands
around them, `page/` holds the page, `server` runs it all. Needs the extra `serve`.
"""
