"""The demo: a country in small, the same every time for the same arguments (`seed_demo`)."""
