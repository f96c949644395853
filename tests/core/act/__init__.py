"""Tests of what leaves Clientele."""
