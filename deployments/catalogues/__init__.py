"""The catalogues of messages: what is said anywhere, its translations, and the check that nothing is left out.

`python -m deployments.catalogues extract|update|check`. A further language is one file: `update LANGUAGE` makes it.
"""
