"""The client's page: forms and links for those who write to the desk. Imports none of the other programs."""
