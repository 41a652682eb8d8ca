"""The script runs in an environment of its own, beside another pydicom."""

collect_ignore = ["run_dicompyler.py"]
