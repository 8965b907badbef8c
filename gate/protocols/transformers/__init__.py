"""Transformers: changes to requests and answers on their way between two dialects, chosen per provider and per route.

One file per transformer, with a `TRANSFORMER`; packages add theirs by an entry point
(docs/how-to/write-a-transformer.md).
"""
