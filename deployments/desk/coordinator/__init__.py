"""The coordinator's side of the desk: sign-in by mail, what waits, and everything that can be done on behalf of somebody.

`sessions` knows who is signed in, `signing` lets in and out, `acting` does; what pages show is `tasks.coordinator_pages`.
"""
