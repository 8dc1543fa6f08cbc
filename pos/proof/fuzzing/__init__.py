"""Fuzzing: every parser that reads what a stranger wrote, fed with what no honest one would write.

Apart from the other gates because here nothing is paid: only the documented errors may come out
of a parser, soon and in bounded memory, and what it accepts must survive being written again.
"""
