"""Tests of `core.ingest.cleaning`."""
