"""Tests of `core.models.training`."""
