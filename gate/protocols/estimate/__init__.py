"""How many input tokens a request has, without a tokenizer: an estimate, with how far it may be off.

It is used where no provider counts, and it is calibrated from what providers report (`gate.engine.token_book`). What it
is made of and how good it is: docs/explanation/token-counts.md.
"""
