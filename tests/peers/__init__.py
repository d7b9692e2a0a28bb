"""Other people's implementations, in both directions: they read ours, we read theirs."""
