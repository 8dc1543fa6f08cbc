"""Another release of the program, taken up by a till that goes on selling, or left again.

Apart from the till because it outlives it: it stops one release, starts the next, and goes back.
`release` is the signed file, `place` the folders of an installation, `rest` how the till is asked
not to begin anything, `trial` how a release is tried, `taking` the whole of it.
"""
