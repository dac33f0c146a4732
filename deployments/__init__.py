"""What is served and started from outside: the command line, the partner desk, Prefect's deployments and `make up`."""
