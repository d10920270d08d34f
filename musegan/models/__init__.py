"""Networks, torch only, one paper a file."""
