"""The history of the tables: each step as it was written, never changed afterwards."""
