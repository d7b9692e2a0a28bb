"""Pages of the response centre: support for citizens, the case desk, the command board."""
