"""Playing along, live: a keyboard in, a band out, in time. It loads no torch."""
