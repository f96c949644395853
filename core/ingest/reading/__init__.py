"""Reading of files in any format as raw tables.

A file goes in; Parquet with the source's columns, and the rows that couldn't be split, come out. Start with
`any_format`.
"""
