"""The process that writes: line events in, facts out, one thread at the database."""
