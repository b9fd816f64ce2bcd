"""Frozen read models: what services hand out, as plain values."""
