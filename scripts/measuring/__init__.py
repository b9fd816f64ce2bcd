"""What `scripts/bench.py` measures with: a terminal, a mailbox, a crowd. One module per question."""
