"""Tests of `core.models.explain.overall`."""
