"""Reports of what was read and what counts.

Lines and rejects go in; the quality report, the profile and differences between versions come out. Start with
`quality_report`.
"""
