"""Starts trials in milliseconds: imports what they import, once, and forks for each.

imports says what to import, server forks, process is what a fork becomes, script and call are what
it runs, and slate decides whether it may run another one.
"""
