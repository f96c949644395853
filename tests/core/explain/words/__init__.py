"""Tests of `core.explain.words`."""
