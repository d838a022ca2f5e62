"""What becomes of files when a command is ended at any moment, or cannot write, or is not alone; `python -m tests.interruption`."""
