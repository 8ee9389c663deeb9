"""The server's user (运行账户): PostgreSQL refuses to run as root, so root starts it as a user of ours."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from jiedao.ground.db.home import Trouble, folder

NAME = "jiedao"
STATE = Path("/var/lib/jiedao")
SHORTAGE = (
    "PostgreSQL refuses to run as root, and no unprivileged user can be made here.\n"
    "Run as a normal user, or make one (useradd --system jiedao), or set DATABASE_URL to a server of yours."
)


def server_user(data: Path) -> pwd.struct_passwd | None:
    """The user the server must run as. None when that is simply who we are."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        # Set up by a normal user before: root goes on as that user, or the files would change hands.
        return pwd.getpwuid(data.stat().st_uid)
    return _known(NAME) or _made() or _known("nobody") or _fail()


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _made() -> pwd.struct_passwd | None:
    """A system user without a shell, by whichever tool this system has."""
    commands = [
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
        ["adduser", "-S", "-H", "-D", NAME],
    ]
    for command in commands:
        if shutil.which(command[0]):
            subprocess.run(command, check=False, capture_output=True)
            if user := _known(NAME):
                return user
    return None


def _fail() -> pwd.struct_passwd:
    raise Trouble(SHORTAGE)


def reaches(path: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether the user may pass every folder on the way to the path, and the path itself if it is there."""
    if user is None:
        return True
    return all(_may_pass(place, user) for place in (path, *path.parents) if place.exists())


def _may_pass(place: Path, user: pwd.struct_passwd) -> bool:
    status = place.stat()
    if status.st_uid == user.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def place_for(home: Path, user: pwd.struct_passwd | None) -> Path:
    """Where the server's own files lie: in the data folder, or under /var/lib when the user cannot get there.

    Where data lies already it stays, whatever has become of the folders' modes: a second, empty server
    would look like a loss.
    """
    inside = home / "postgres"
    if user is None:
        return inside
    outside = STATE / hashlib.sha256(str(home).encode()).hexdigest()[:12]
    for place in (inside, outside):
        if (place / "data").exists():
            return place
    return inside if reaches(inside, user) else outside


def own_folder(path: Path, user: pwd.struct_passwd | None, mode: int = 0o700) -> Path:
    """A folder of the server's user. The path may be predictable, so one that is somebody else's is refused."""
    folder(path.parent)
    folder(path, mode)
    uid = user.pw_uid if user else os.geteuid()
    status = path.lstat()
    if user and status.st_uid == 0 and stat.S_ISDIR(status.st_mode):
        os.chown(path, user.pw_uid, user.pw_gid)
        status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != uid:
        owner = _name(status.st_uid)
        raise Trouble(
            f"{path} belongs to {owner}, not to {_name(uid)}.\n"
            f"A server of another user lives there. Run as {owner}, or choose another data folder with --home DIR."
        )
    path.chmod(mode)
    return path


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
