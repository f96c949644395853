"""Tests of `core.models.cards`."""
