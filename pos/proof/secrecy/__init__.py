"""Secrecy: codes, keys and telephone numbers that nobody else has, and a search for them after a
whole story of real commands.

Apart from the other gates because nothing is simulated here: every byte that was left on the
disk, drawn, printed, said or sent is looked through.
"""
