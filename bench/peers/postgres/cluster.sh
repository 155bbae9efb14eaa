#!/usr/bin/env bash
# A PostgreSQL cluster of its own, in the foreground: makes it in DATA, serves on a Unix socket in the
# directory SOCKET, says so in a line of its log, and removes both when it is told to end, by a
# signal or because whoever started it has gone.
# usage: cluster.sh BINARIES DATA SOCKET   (directories; DATA and SOCKET are made)
set -euo pipefail

binaries=$1 data=$2 socket=$3
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd -P)
postgres_pid=

# shellcheck disable=SC2317  # the trap calls it
finish() {
  trap '' INT TERM HUP
  if [[ -n $postgres_pid ]]; then
    kill -INT "$postgres_pid" 2>/dev/null || true # fast shutdown
    wait "$postgres_pid" || true
  fi
  rm -rf -- "$data" "$socket"
}
trap finish EXIT
trap 'exit 143' INT TERM HUP

# PostgreSQL does not run as root.
as_server=(setpriv)
if [[ $(id -u) == 0 ]]; then
  as_server+=(--reuid=postgres --regid=postgres --clear-groups)
fi

mkdir -p -- "$data" "$socket"
chmod 0700 -- "$data" "$socket"
if [[ $(id -u) == 0 ]]; then chown postgres:postgres -- "$data" "$socket"; fi
cd -- "$data"

"${as_server[@]}" -- "$binaries/initdb" --pgdata="$data" --username=postgres --auth=trust \
  --encoding=UTF8 --locale=C --no-sync >&2
cat -- "$here/postgresql.conf" >>"$data/postgresql.conf"

# It ends with this shell, however this shell ends.
"${as_server[@]}" --pdeathsig INT -- "$binaries/postgres" -D "$data" -k "$socket" >&2 &
postgres_pid=$!

for ((i = 0; i < 300; ++i)); do
  kill -0 "$postgres_pid" 2>/dev/null || exit 1
  if "$binaries/pg_isready" -q -h "$socket" -U postgres; then
    echo '{"event":"serving","port":5432}' >&2
    wait "$postgres_pid"
    exit
  fi
  sleep 0.1
done
echo 'cluster.sh: PostgreSQL did not start in 30 s' >&2
exit 1
