"""Environments of scripts: what one is known by, where it is kept, how it is made.

One is made for each set of dependencies, in a folder that it never leaves (a virtual
environment cannot be moved). Nothing here runs anything: a build is a few executions
like those of scripts, under a supervisor.
"""
