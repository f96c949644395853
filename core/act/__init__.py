"""Exports to other programs.

Tables come in; text that spreadsheets can't run as formulas goes out, in whole files. Start with `exports`; `formulas`
defuses cells. A new destination gets a module here, see docs/EXTEND_export.md.
"""
