"""The switch's database killed: a real PostgreSQL, with every process of it, under load.

Apart from the deaths of tills and switches because here it is what both of them rely on that dies.
"""
