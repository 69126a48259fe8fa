"""Widgets: what one sees. Traits and binary messages go in, DOM comes out, cleanup is returned."""
