"""Middleware before the pages: request checks and upload limits.

`own_site` decides which requests are served, and `upload_limit` limits the memory that uploads may take. Start reading
with `own_site`. Nothing here imports Streamlit; callers pass in what it needs to know about sessions.
"""
