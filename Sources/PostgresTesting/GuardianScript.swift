// SPDX-License-Identifier: Apache-2.0

/// The shell program that owns a temporary server and its folder.
///
/// It makes both, says so, and then waits for the end of its standard input, whose other end is held by nobody but the
/// process that wanted the server. However that process ends, the kernel closes that end, and the script stops the
/// server and removes the folder.
enum GuardianScript {
    /// Takes as arguments the folder of the programs, the port, `durable` or `fast`, and settings as `name=value`.
    ///
    /// Writes lines: `folder PATH`, then `ready` or `failed REASON`. A line `crash` on its standard input lets the server
    /// crash and start again.
    static let text = #"""
        # The terminal's interrupt goes to the owner, whose end this script waits for, even if nobody reads its report.
        trap '' INT TERM HUP QUIT PIPE
        bin=$1 port=$2 kind=$3
        shift 3
        umask 077
        # Postgres refuses to run as root.
        user=
        if [ "$(id -u)" = 0 ]; then
            for user in postgres _postgres nobody; do id "$user" >/dev/null 2>&1 && break; done
        fi
        run() {
            if [ -z "$user" ]; then "$@"
            elif command -v runuser >/dev/null; then runuser -u "$user" -- "$@"
            elif command -v setpriv >/dev/null; then setpriv --reuid="$user" --clear-groups "$@"
            else sudo -n -u "$user" "$@"
            fi
        }
        base=${TMPDIR:-/tmp} base=${base%/}
        # A database is 300 files, which tests make and remove all the time: in memory, where there is room for that.
        in_memory() {
            df -Pk /dev/shm 2>/dev/null | {
                read -r _ && read -r system _ _ free _ && [ "$system" = tmpfs ] && [ "$free" -ge 2097152 ]
            }
        }
        if [ "$kind" = fast ] && [ -z "${TMPDIR:-}" ] && in_memory && run test -w /dev/shm; then base=/dev/shm; fi
        # Sockets are in the folder, and their paths may not be long.
        { [ ${#base} -le 60 ] && run test -x "$base"; } || base=/tmp
        folder=$(mktemp -d "$base/stitch-pg.XXXXXX") || { echo "failed no folder can be made in $base"; exit 1; }
        [ -z "$user" ] || chown "$user" "$folder"
        echo "folder $folder"
        cd "$folder" || exit 1
        log=$folder/log

        clean_up() {
            if [ -f "$folder/data/postmaster.pid" ]; then
                run "$bin/pg_ctl" -D "$folder/data" -m immediate -w -t 10 stop >/dev/null 2>&1 ||
                    kill -9 "$(head -n 1 "$folder/data/postmaster.pid")" 2>/dev/null
            fi
            cd /
            rm -rf "$folder"
        }
        fail() {
            echo "failed $1: $(grep -v '^[[:space:]]*$' "$log" 2>/dev/null | tail -n 1)"
            clean_up
            exit 1
        }

        run "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$log" 2>&1 </dev/null ||
            fail "initdb did not succeed"
        options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c max_connections=200"
        if [ "$kind" = fast ]; then
            options="$options -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=128MB"
        fi
        for setting in "$@"; do options="$options -c $setting"; done
        start() {
            run "$bin/pg_ctl" -D "$folder/data" -l "$folder/server-log" -o "$options" -w -t 60 start >"$log" 2>&1 </dev/null
        }
        start || {
            cat "$folder/server-log" >>"$log" 2>/dev/null
            fail "the server did not start"
        }
        echo ready 2>/dev/null
        exec 1>&- 2>&-
        while read -r order; do
            [ "$order" = crash ] || continue
            run "$bin/pg_ctl" -D "$folder/data" -m immediate -w -t 60 stop >"$log" 2>&1 </dev/null
            start
        done
        clean_up
        """#
}
