"""The parts of the screens, one a file. A widget shows read models and posts messages."""
