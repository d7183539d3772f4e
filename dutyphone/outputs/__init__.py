"""What leaves the house: CSV, XLSX, JSON lines."""
