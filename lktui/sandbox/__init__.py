"""A LiveKit-compatible server of our own, for trying and for testing only; always its own process.

`python -m lktui.sandbox` starts it. Nothing else of the product imports it.
"""
