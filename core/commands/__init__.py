"""Commands of the command line, one per module.

Parsed arguments come in; files in the folder of `--out`, or a repaired workspace, go out. Start with `reading`, the
options that commands share.
"""
