"""Conversations by mail, made from a seed, with a model that knows what the desk has to make of each letter.

`people` are who writes, `letters` and `reports` write bytes as mail programs and mail servers do, `moves` choose
what happens next, `model` says what each letter must become, and `world` plays it on a real desk and compares.
"""
