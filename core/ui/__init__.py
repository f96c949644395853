"""The user interface: one folder per page, what pages share, and the server around them.

Requests and session state come in; pages go out. Start with `shell`, the menu, then `shared.frame`, the layout of a
page. `caching` holds shared results; `worker` keeps the process for background jobs running.
"""
