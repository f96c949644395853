"""Tests of the Clientele project."""
