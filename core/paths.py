"""Where things lie: the configuration, and reports of unexpected errors. Imports platformdirs late."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import ConfigError
from core.i18n import _

NAME = "glazok"
CONFIG = "config.toml"


def find_config(explicit: Path | str | None = None) -> Path:
    """The configuration file, absolute: the one named, else $GLAZOK_CONFIG, ./config.toml, or XDG's.

    A named one has to be there: nothing else is tried behind its back. Raises ConfigError.
    """
    if explicit is not None:
        return _named(Path(explicit), "--config")
    variable = os.environ.get("GLAZOK_CONFIG")
    if variable:
        return _named(Path(variable), "$GLAZOK_CONFIG")
    here = Path.cwd() / CONFIG
    if here.is_file():
        return here
    looked = [here]
    for folder in _xdg_folders():
        place = folder / CONFIG
        if place.is_file():
            return place
        looked.append(place)
    raise ConfigError(
        _("There is no configuration: looked for {places}.").format(places=", ".join(map(str, looked))),
        hint=_("`glazok init` makes one, `glazok demo` needs none, --config FILE names one."),
    )


def _named(path: Path, by: str) -> Path:
    path = path.expanduser().absolute()
    if path.is_dir():
        path = path / CONFIG
    if not path.is_file():
        raise ConfigError(
            _("{by} names {path}, and there is no such file.").format(by=by, path=path),
            hint=_("Check the path, or make a desk in a folder of its own: glazok init --dir desk"),
        )
    return path


def _xdg_folders() -> list[Path]:
    import platformdirs

    folders = [platformdirs.user_config_path(NAME)]
    folders += [Path(place) for place in platformdirs.site_config_dir(NAME, multipath=True).split(os.pathsep)]
    return list(dict.fromkeys(folders))


def state_folder() -> Path:
    """The user's folder for what a program leaves behind, such as error reports; may not exist yet."""
    import platformdirs

    return platformdirs.user_state_path(NAME)


def example_config() -> Path:
    """The commented example: beside the packages in a checkout, inside `core` in an installed wheel."""
    core = Path(__file__).resolve().parent
    for place in (core / "config.example.toml", core.parent / "config.example.toml"):
        if place.is_file():
            return place
    raise ConfigError(
        _("The example configuration is missing from this installation."),
        hint=_("Install Glazok again."),
    )
