"""Tests of `core.models.explain`."""
