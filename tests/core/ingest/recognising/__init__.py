"""Tests of `core.ingest.recognising`."""
