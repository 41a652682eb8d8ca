"""Long campaigns: what a test has no time for."""
