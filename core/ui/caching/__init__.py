"""Results computed once for all sessions.

Version keys and frozen specs come in; frames, models and drawn charts go out. Start with `cached`, then `cache`, which
limits their memory.
"""
