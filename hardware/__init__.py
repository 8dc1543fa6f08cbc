"""Devices of a payment terminal: camera, code reader, lights, buzzer, receipt printer.

Apart from `pos` because it knows nothing of shops or money and may serve any other terminal.
"""
