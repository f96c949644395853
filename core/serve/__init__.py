"""What stands before the pages: requests come in, and other sites' requests are refused in a sentence.

`own_site` decides which requests are served, `upload_limit` how much memory uploads may take. Read `own_site`
first. Nothing here imports Streamlit: what it needs to know about sessions is passed in.
"""
