"""Starts what the platform needs on a bare machine: PostgreSQL, Valkey, web, workers, beat.

Nothing here imports Django: `services_at_hand()` must put the addresses and secrets into the
environment before the settings are read.
"""
