"""Tests of `core.ingest.apart`."""
