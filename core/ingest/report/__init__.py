"""Reports on imported data.

Lines and rejected rows go in; the quality report, column profiles and differences between versions come out. Start with
`quality_report`.
"""
