"""What is kept: the catalog, the journal and the code, in SQLite and content-addressed files."""
