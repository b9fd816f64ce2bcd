"""Pure rules over plain values. Imports the standard library alone: no I/O, no clock, no randomness of its
own."""
