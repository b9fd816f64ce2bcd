"""The configuration with which tests run Dovecot, as root or as anybody else. Must not import the product."""

from __future__ import annotations

import getpass
import grp
import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from string import Template

from tests.servers.tls import Ca

_CONFIG_2_3 = Template("""\
base_dir = $run
state_dir = $state
log_path = $log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <$chain
ssl_key = <$key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
auth_username_format = %Lu
mail_location = maildir:$mail/%Lu
mail_fsync = never
mail_max_userip_connections = $per_user
mailbox_idle_check_interval = 1s
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
default_internal_user = $internal
default_internal_group = $internal_group
default_login_user = $login
default_client_limit = 2000
passdb {
  driver = static
  args = password=$password
}
userdb {
  driver = static
  args = uid=$uid gid=$gid home=$mail/%Lu allow_all_users=yes
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
  mailbox Archive {
    auto = create
    special_use = \\Archive
  }
}
service imap-login {
  service_count = 0
  process_min_avail = 1
  $no_chroot
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = $imaps
    ssl = yes
  }
}
service imap {
  process_limit = 400
  service_count = 100
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp
  }
}
service anvil {
  $no_chroot
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  $no_chroot
}
protocol lmtp {
  postmaster_address = postmaster@desk.test
}
""")

_CONFIG_2_4 = Template("""\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = $run
state_dir = $state
log_path = $log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_server_cert_file = $chain
ssl_server_key_file = $key
auth_allow_cleartext = yes
auth_mechanisms = plain login
auth_failure_delay = 0
auth_username_format = %{user | lower}
mail_driver = maildir
mail_path = $mail/%{user | lower}
mail_fsync = never
mail_max_userip_connections = $per_user
mailbox_idle_check_interval = 1s
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
default_internal_user = $internal
default_internal_group = $internal_group
default_login_user = $login
default_client_limit = 2000
passdb static {
  password = $password
}
userdb static {
  fields {
    uid = $uid
    gid = $gid
    home = $mail/%{user | lower}
  }
  allow_all_users = yes
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
  mailbox Archive {
    auto = create
    special_use = \\Archive
  }
}
service imap-login {
  restart_request_count = unlimited
  process_min_avail = 1
  $no_chroot
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = $imaps
    ssl = yes
  }
}
service imap {
  process_limit = 400
  restart_request_count = 100
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp
  }
}
service anvil {
  $no_chroot
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  $no_chroot
}
protocol lmtp {
  postmaster_address = postmaster@desk.test
}
""")


def write_config(
    folder: Path, ca: Ca, *, ports: Mapping[str, int], password: str, version: str, per_user: int
) -> Path:
    """Write `dovecot.conf` into `folder` for the ports `imap`, `imaps` and `lmtp`; every user has `password`, and
    `per_user` connections at most.

    `version` is the server's, as "2.3.19"; the languages of 2.3 and 2.4 differ.

    `folder` holds `run`, `state` and `mail`, and `mail` is given to the user who will own the letters.
    """
    mail_user, internal, login = _users()
    group = grp.getgrgid(mail_user.pw_gid)
    rootless = os.geteuid() != 0
    if not rootless:
        os.chown(folder / "mail", mail_user.pw_uid, mail_user.pw_gid)
        group = grp.getgrgid(pwd.getpwnam(internal).pw_gid)
    template = _CONFIG_2_3 if version.startswith("2.3.") else _CONFIG_2_4
    text = template.substitute(
        ports,
        run=folder / "run",
        state=folder / "state",
        log=folder / "dovecot.log",
        mail=folder / "mail",
        chain=ca.chain_file,
        key=ca.key_file,
        internal=internal,
        internal_group=group.gr_name,
        login=login,
        uid=mail_user.pw_uid,
        gid=mail_user.pw_gid,
        password=password,
        per_user=per_user,
        no_chroot="chroot =" if rootless else "",
    )
    path = folder / "dovecot.conf"
    path.write_text(text)
    return path


def _users() -> tuple[pwd.struct_passwd, str, str]:
    """Who owns the mail, and the two users that Dovecot drops to.

    Dovecot refuses to open mail as root; without root it can only be the one user who runs it.
    """
    if os.geteuid() == 0:
        return pwd.getpwnam("nobody"), "dovecot", "dovenull"
    me = getpass.getuser()
    return pwd.getpwuid(os.geteuid()), me, me
