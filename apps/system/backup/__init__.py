"""A hub in one file: database, artifacts and key, written and read back."""

from __future__ import annotations

from apps.system.backup.making import BackupReport, make_backup
from apps.system.backup.restoring import RestoreReport, restore_backup

__all__ = ["BackupReport", "RestoreReport", "make_backup", "restore_backup"]
