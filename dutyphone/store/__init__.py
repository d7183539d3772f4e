"""Where SQLAlchemy lives: the journal on disk, its projections, and everything that is read from them."""
