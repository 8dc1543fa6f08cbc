"""Real deaths: processes of `pos` on real sockets and files, killed with SIGKILL at chosen points.

Apart from the simulation, which calls the same code in one process: here the operating system is
what kills, and nothing of a dead process is left but its files and what it has sent.
"""
