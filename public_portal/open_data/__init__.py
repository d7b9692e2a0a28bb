"""Open data: the figures as files with stable addresses, described for people and for programs."""
