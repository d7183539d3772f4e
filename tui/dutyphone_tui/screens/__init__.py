"""The pages and dialogs of the console, one a file."""
