"""Tests of `core.ingest.staging`."""
