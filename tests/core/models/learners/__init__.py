"""Tests of `core.models.learners`."""
