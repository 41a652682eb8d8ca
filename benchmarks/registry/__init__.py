"""How long the store takes, on SQLite and on PostgreSQL, from a small centre to ten large ones."""
