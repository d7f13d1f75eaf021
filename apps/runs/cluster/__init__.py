"""Our cluster: what `manage.py qcluster` runs.

The main process looks after three children: the launcher of supervisors, tick, and the
sentinel, which keeps as many slots alive as there are WORKERS. Nothing in it outlives
the main process, and it ends as a whole: whatever supervises it starts it again, and
the rows say what is to be done.
"""
