"""From a spreadsheet of doses given on paper to dose items: pure reading, nothing is written.

`reader` opens the file in a process of its own, `headings` finds what its columns mean, `cells`
reads one cell, `rows` one row. `sites.services.imports` records what comes out.
"""
