"""The doors: the only functions that change the state of a programme.

Each checks its rule, changes its rows and writes its event in the caller's transaction (`database.changing`, with the
programme loaded `locked=True`). What follows a change, mail and documents, is read from rows after the commit.
"""
