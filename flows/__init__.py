"""The flows a coordinator launches and monitors in Prefect: one module for each phase, and the engine's own."""
