"""Results computed once for all sessions.

Keys of versions and frozen specs go in; frames, models and drawn charts come out. Start with `cached`; `cache` keeps
all of it within the memory it may take.
"""
