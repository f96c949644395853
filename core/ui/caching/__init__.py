"""Results computed once for all sessions.

Functions take version keys and frozen specs, and return frames, models and charts. Start with `cached`, then `cache`,
which limits the memory of all caches.
"""
