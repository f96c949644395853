"""What stands before the pages: requests come in, those that are not ours are refused in a sentence.

`own_site` decides whose requests are served, `upload_limit` how much of the memory uploads may take. Read `own_site`
first. Nothing here imports Streamlit: what it must know of sessions is passed in.
"""
