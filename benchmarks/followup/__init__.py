"""The speed of the due list, beside a loop that knows less."""
