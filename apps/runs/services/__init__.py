"""Verbs on runs. What starts, stops, ends or keeps runs goes through here."""

from __future__ import annotations

from apps.runs.services.again import Again, run_all_again
from apps.runs.services.choices import ChoicesState, choices_state
from apps.runs.services.control import (
    Cancelled,
    cancel_run,
    cancel_runs,
    retry_run,
    run_again,
)
from apps.runs.services.definitions import create_task
from apps.runs.services.firing import fire, fire_due
from apps.runs.services.labels import labels_of
from apps.runs.services.ledger import Ledger, read_ledger
from apps.runs.services.lifecycle import (
    Claim,
    begin,
    cancel_requested,
    claim_next,
    finish,
    let_go,
    renew,
)
from apps.runs.services.moment import database_now
from apps.runs.services.once import KeyReused, Once, run_once
from apps.runs.services.outbox import deliver_outbox
from apps.runs.services.presets import LACKING, delete_preset, save_preset
from apps.runs.services.preview import Fire, Preview, preview
from apps.runs.services.retention import (
    PruneReport,
    claim_pruning,
    hold_pruning,
    prune,
    prune_in_steps,
)
from apps.runs.services.schedules import (
    check_schedule_inputs,
    check_task_inputs,
    delete_freeze,
    delete_schedule,
    delete_task,
    end_freeze,
    pause,
    resume,
    save_freeze,
    save_schedule,
    save_task,
)
from apps.runs.services.secrets import RotationReport, rotate_secrets
from apps.runs.services.space import storage_problem
from apps.runs.services.start import Frozen, RunNotPossible, start_run, start_task
from apps.runs.services.sweep import sweep_strays
from apps.runs.services.tallies import Tally
from apps.runs.services.upkeep import (
    expire,
    forget_worker,
    is_anything_due,
    reap,
    report_worker,
    resend_lost,
)
from apps.runs.services.uploads import (
    UploadBroken,
    UploadInUse,
    delete_upload,
    store_incoming,
    store_upload,
    upload_broken,
)

__all__ = [
    "LACKING",
    "Again",
    "Cancelled",
    "ChoicesState",
    "Claim",
    "Fire",
    "Frozen",
    "KeyReused",
    "Ledger",
    "Once",
    "Preview",
    "PruneReport",
    "RotationReport",
    "RunNotPossible",
    "Tally",
    "UploadBroken",
    "UploadInUse",
    "begin",
    "cancel_requested",
    "cancel_run",
    "cancel_runs",
    "check_schedule_inputs",
    "check_task_inputs",
    "choices_state",
    "claim_next",
    "claim_pruning",
    "create_task",
    "database_now",
    "delete_freeze",
    "delete_preset",
    "delete_schedule",
    "delete_task",
    "delete_upload",
    "deliver_outbox",
    "end_freeze",
    "expire",
    "finish",
    "fire",
    "fire_due",
    "forget_worker",
    "hold_pruning",
    "is_anything_due",
    "labels_of",
    "let_go",
    "pause",
    "preview",
    "prune",
    "prune_in_steps",
    "read_ledger",
    "reap",
    "renew",
    "report_worker",
    "resend_lost",
    "resume",
    "retry_run",
    "rotate_secrets",
    "run_again",
    "run_all_again",
    "run_once",
    "save_freeze",
    "save_preset",
    "save_schedule",
    "save_task",
    "start_run",
    "start_task",
    "storage_problem",
    "store_incoming",
    "store_upload",
    "sweep_strays",
    "upload_broken",
]
