"""`python -m kyphort`."""

from kyphort.cli import main

main()
