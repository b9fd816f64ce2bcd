"""One file per subcommand; each offers a click command called `command` and imports late."""
