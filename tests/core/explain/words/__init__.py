"""Tests of `core.models.explain.words`."""
