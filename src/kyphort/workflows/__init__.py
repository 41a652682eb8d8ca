"""Workflows: one function for each verb of the clinic."""
