"""The `musegan` command, one module a command."""
