"""Who moved between segments, and why.

Two snapshots under one model go in; transitions and causes come out. Start with `transitions`.
"""
