"""The forms of reporting, following and working on a case."""
