"""``/api/v1/backup``: a copy of a SQLite installation, made by the server, which alone may read the file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import FileResponse

from firebell.entrypoints.api.requests import ApiRoute
from firebell.entrypoints.callers import Caller
from firebell.entrypoints.site import read, site_of
from firebell.kernel.actor import Permission
from firebell.kernel.clock import Instant
from firebell.kernel.work import Read
from firebell.workflows import backup_made

router = APIRouter(prefix="/backup", tags=["backup"], route_class=ApiRoute)


@router.get("", response_class=FileResponse)
def make_backup(request: Request, caller: Caller, after: BackgroundTasks) -> FileResponse:
    """A whole, consistent backup as of now, for ``firebell restore``. Refused on PostgreSQL, which has pg_dump."""

    def allowed(r: Read) -> Instant:
        r.needs(Permission.SETTINGS_EDIT)
        return r.now

    now = read(request, allowed, caller)
    site = site_of(request)
    folder = Path(tempfile.mkdtemp(prefix="backup-", dir=site.settings.data if site.settings.data.is_dir() else None))
    after.add_task(shutil.rmtree, folder, ignore_errors=True)
    try:
        made = backup_made.make(site.runner.database, site.keyring, folder / backup_made.name_at(now), now)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FileResponse(made.path, media_type="application/octet-stream", filename=made.path.name, background=after)
