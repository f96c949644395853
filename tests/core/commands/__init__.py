"""Tests of commands with a module of their own."""
