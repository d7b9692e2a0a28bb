"""The API of the sites: recording doses, finding a person, sessions, the public registry."""
