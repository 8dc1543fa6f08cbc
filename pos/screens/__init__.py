"""The screens: the only place that knows Textual. They show a View and send Inputs.

Apart from the engine so that no screen can ever decide about money.
"""
