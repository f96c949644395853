"""Results computed once for all sessions.

Keys of versions and frozen specs come in; frames, models and drawn charts go out. Start with `cached`, then `cache`,
which bounds their memory.
"""
