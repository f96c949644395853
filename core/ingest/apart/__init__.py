"""Sandboxed child processes for work on untrusted files.

A module's name and plain values go in; plain values or an error message come out. Start with `sandbox`.
"""
