"""Middleware before the pages: request checks and upload limits.

Requests come in; they are passed on or refused. Start with `own_site`, which decides what is served; `upload_limit`
bounds the memory of uploads. Nothing here imports Streamlit: callers pass in what it must know about sessions.
"""
