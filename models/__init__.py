"""The domain: rows, rules as plain functions of `now`, and the doors every change goes through."""
