# Provides PostgreSQL, MariaDB and Redis to the tests: servers that respond at the given URLs or at their
# standard local ports, otherwise private ones from Debian's packages, on free ports of the loopback
# interface, whose data is removed at the end. In front of PostgreSQL it starts two PgBouncers with default
# settings: one pools by session, the other by transaction. .ci/run sources this file.
# FORCE_PRIVATE_DATABASES=1 always starts private servers.

databases_folder=
database_processes=()

start_databases() {
  databases_folder=$(mktemp -d)
  # The users of the servers have folders in it.
  chmod 755 "$databases_folder"
  export REQUIRE_DATABASES=true
  export TEST_POSTGRES_URL=${TEST_POSTGRES_URL:-postgres://postgres@127.0.0.1/test}
  export TEST_MYSQL_URL=${TEST_MYSQL_URL:-mysql://root@127.0.0.1/test}
  export TEST_REDIS_URL=${TEST_REDIS_URL:-redis://127.0.0.1:6379}
  is_there "$TEST_POSTGRES_URL" || private_postgres || return 1
  is_there "$TEST_MYSQL_URL" || private_mariadb || return 1
  is_there "$TEST_REDIS_URL" || private_redis || return 1
  [[ -x /usr/sbin/pgbouncer ]] || package pgbouncer || return 1
  private_pgbouncer session || return 1
  export TEST_PGBOUNCER_SESSION_URL=$pgbouncer_url
  private_pgbouncer transaction || return 1
  export TEST_PGBOUNCER_URL=$pgbouncer_url
  printf '%s\n' "$TEST_POSTGRES_URL" "$TEST_PGBOUNCER_SESSION_URL" "$TEST_PGBOUNCER_URL" "$TEST_MYSQL_URL" "$TEST_REDIS_URL"
}

stop_databases() {
  if ((${#database_processes[@]} > 0)); then
    # On SIGTERM alone, PostgreSQL would wait for its clients; the other servers obey only SIGTERM.
    kill -INT "${database_processes[@]}" 2>/dev/null || true
    kill -TERM "${database_processes[@]}" 2>/dev/null || true
    wait "${database_processes[@]}" || true
  fi
  if [[ -n $databases_folder ]]; then rm -rf "$databases_folder"; fi
}

is_there() {
  [[ -z ${FORCE_PRIVATE_DATABASES:-} ]] && node .ci/answers.js "$1"
}

private_postgres() {
  local programs port data
  programs=$(folder_of_postgres) || { package postgresql && programs=$(folder_of_postgres); } || return 1
  port=$(free_port)
  become postgres || return 1
  "${as[@]}" "$programs/initdb" -D "$data/db" -U postgres -A trust -E UTF8 --locale=C >"$data/log" || return 1
  "${as[@]}" "$programs/postgres" -D "$data/db" -p "$port" -k "$data" -c listen_addresses=127.0.0.1 \
    -c fsync=off -c max_connections=200 >>"$data/log" 2>&1 &
  TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres
  comes_up $! "$TEST_POSTGRES_URL"
}

# Starts a PgBouncer with default settings except these. $1: its pool mode.
private_pgbouncer() {
  local port data
  port=$(free_port)
  become postgres "pgbouncer-$1" || return 1
  node - "$TEST_POSTGRES_URL" "$data" "$port" "$1" <<'PROGRAM' || return 1
    const { writeFileSync } = require('node:fs');
    const [url, folder, port, mode] = process.argv.slice(2);
    const { hostname, port: serverPort, username, password } = new URL(url);
    const quoted = (text) => `"${decodeURIComponent(text).replaceAll('"', '""')}"`;
    writeFileSync(`${folder}/users`, `${quoted(username || 'postgres')} ${quoted(password)}\n`);
    writeFileSync(
      `${folder}/pgbouncer.ini`,
      `[databases]
* = host=${hostname} port=${serverPort || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
auth_type = trust
auth_file = ${folder}/users
unix_socket_dir =
${mode === 'session' ? '' : `pool_mode = ${mode}`}
`,
    );
PROGRAM
  "${as[@]}" /usr/sbin/pgbouncer "$data/pgbouncer.ini" >"$data/log" 2>&1 &
  pgbouncer_url=$(node -p 'Object.assign(new URL(process.argv[1]), { hostname: "127.0.0.1", port: process.argv[2] }).href' \
    "$TEST_POSTGRES_URL" "$port")
  comes_up $! "$pgbouncer_url"
}

private_mariadb() {
  local port data
  [[ -x /usr/sbin/mariadbd ]] || package mariadb-server || return 1
  port=$(free_port)
  become mysql || return 1
  "${as[@]}" mariadb-install-db --no-defaults --datadir="$data/db" --auth-root-authentication-method=normal \
    >"$data/log" 2>&1 || return 1
  "${as[@]}" /usr/sbin/mariadbd --no-defaults --datadir="$data/db" --port="$port" --bind-address=127.0.0.1 \
    --socket="$data/socket" --pid-file="$data/pid" --max-connections=200 >>"$data/log" 2>&1 &
  TEST_MYSQL_URL=mysql://root@127.0.0.1:$port/test
  comes_up $! "$TEST_MYSQL_URL"
}

private_redis() {
  local port data
  [[ -x /usr/bin/redis-server ]] || package redis-server || return 1
  port=$(free_port)
  become redis || return 1
  "${as[@]}" redis-server --port "$port" --bind 127.0.0.1 --dir "$data" --save '' --appendonly no \
    >"$data/log" 2>&1 &
  TEST_REDIS_URL=redis://127.0.0.1:$port
  comes_up $! "$TEST_REDIS_URL"
}

# Installs a package of Debian. RUNLEVEL keeps its server from being started.
package() {
  apt-get update -qq || return 1
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1" >/dev/null
}

folder_of_postgres() {
  local found=(/usr/lib/postgresql/*/bin)
  [[ -x ${found[-1]}/initdb ]] && echo "${found[-1]}"
}

# Servers refuse to run as root. Sets `as`, a command prefix that runs them as the user $1, and `data`, a
# folder of that user named $2 (by default like the user).
become() {
  as=()
  data=$databases_folder/${2:-$1}
  mkdir "$data" || return 1
  if ((EUID == 0)); then
    as=(setpriv --reuid="$1" --regid="$1" --init-groups)
    chown "$1" "$data"
  fi
}

free_port() {
  node -e 'const server = require("node:net").createServer().listen(0, "127.0.0.1", () => {
    console.log(server.address().port);
    server.close();
  });'
}

# Waits until the server with the process ID $1 responds at the URL $2, or shows why it does not.
comes_up() {
  database_processes+=("$1")
  for _ in {1..60}; do
    if node .ci/answers.js "$2"; then return; fi
    kill -0 "$1" 2>/dev/null || break
    sleep 0.5
  done
  echo "No server at $2:"
  tail -n 20 "$data/log"
  return 1
}
