"""Measurements of the till against limits taken in the same run.

Apart from the tests because a speed is printed, never asserted: machines are shared and noisy.
"""
