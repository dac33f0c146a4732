"""What flows and commands do, one side effect each: notices, documents, runs, status, the rehearsal."""
