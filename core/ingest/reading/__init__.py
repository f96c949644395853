"""Files of any format as raw tables.

A file goes in; Parquet with the columns of the source, and the rows that could not be split, come out. Start with
`any_format`.
"""
