"""One file a command: its result as a page of tables."""
