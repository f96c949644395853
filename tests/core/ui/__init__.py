"""Tests of the pages' shared parts."""
