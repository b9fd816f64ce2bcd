"""One file per step of the schema, in order of their numbers; never changed once released."""
