#!/usr/bin/env bash
# A private RabbitMQ node: own name, ports, epmd, cookie and data, all below one folder, all on
# loopback. It never meets a broker of the system's, and needs neither root nor systemd.
set -euo pipefail

usage() {
  cat <<'END'
usage: rabbitmq_node.sh COMMAND DIR [ARGUMENT...]
  start DIR    starts a fresh node that keeps everything in DIR, and waits until it answers;
               one that a former run left in DIR is ended first
  stop DIR     ends the node; of DIR only the logs stay. OK when there is none
  kill DIR     kill -9: the data stay
  shutdown DIR ends the node by SIGTERM, and waits for it: the data stay
  resume DIR   starts a node again that was killed or shut down, with the same ports and data
  ctl DIR ...  rabbitmqctl on the node
DIR/env says RABBITMQ_PORT=... and more, for a shell to source.
Environment: RABBITMQ_NODE_ADVANCED  Erlang terms for the broker's application environment, such
                                     as "{consumer_timeout, 2000}, {channel_tick_interval, 500}"
             RABBITMQ_NODE_CONF      lines for rabbitmq.conf; with them, if they set ssl_options,
                                     a TLS listener on RABBITMQ_TLS_PORT
             RABBITMQ_NODE_PLUGINS   plugins to enable, separated by commas
             RABBITMQ_NODE_ERL_ARGS  further arguments of the Erlang machine
             RABBITMQ_NODE_PEER      folder of a node that runs: with its cookie and its epmd, so
                                     that the two can be made a cluster (rabbitmq_cluster.sh)
             RABBITMQ_NODE_TIMEOUT   seconds that a start may take (90)
END
}

die() {
  printf 'rabbitmq_node: %s\n' "$*" >&2
  exit 1
}

# Where the broker's own scripts are: not the wrappers in /usr/sbin, which insist on a system user.
find_scripts() {
  local folder
  for folder in ${RABBITMQ_BIN_DIR:-} /usr/lib/rabbitmq/bin \
    /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin; do
    if [ -x "$folder/rabbitmq-server" ]; then
      echo "$folder"
      return
    fi
  done
  die "there is no RabbitMQ here: install the package rabbitmq-server"
}

# Becomes the given command, so call it in a subshell. Nothing of the caller's environment reaches
# the node but PATH.
become() {
  cd "$dir"
  exec env -i \
    PATH="$PATH:/usr/sbin:/sbin" HOME="$dir/home" LANG=C.UTF-8 HOSTNAME=localhost \
    ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$RABBITMQ_EPMD_PORT" ERL_INETRC="$dir/inetrc" \
    RABBITMQ_NODENAME="$RABBITMQ_NODENAME" \
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$RABBITMQ_PORT" \
    RABBITMQ_DIST_PORT="$RABBITMQ_DIST_PORT" \
    RABBITMQ_CONF_ENV_FILE="$dir/rabbitmq-env.conf" \
    RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf" \
    RABBITMQ_ADVANCED_CONFIG_FILE="$dir/advanced.config" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$dir/enabled_plugins" \
    RABBITMQ_BASE="$dir" RABBITMQ_MNESIA_BASE="$dir/mnesia" \
    RABBITMQ_GENERATED_CONFIG_DIR="$dir/generated" RABBITMQ_SCHEMA_DIR="$dir/schema" \
    RABBITMQ_PLUGINS_EXPAND_DIR="$dir/plugins-expand" \
    RABBITMQ_LOG_BASE="$dir/log" RABBITMQ_LOGS="$dir/log/node.log" \
    RABBITMQ_PID_FILE="$dir/node.pid" ERL_CRASH_DUMP="$dir/log/erl_crash.dump" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} $RABBITMQ_ERL_ARGS" \
    "$@"
}

# A pid alone proves nothing after a reboot: the process must be one that was started for $dir.
is_ours() {
  [ -n "${1:-}" ] && [ -r "/proc/$1/environ" ] &&
    tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" | grep -qxF "HOME=$dir/home"
}

pid_in() {
  cat "$1" 2>/dev/null || true
}

end_process() {
  local pid=$1 step
  is_ours "$pid" || return 0
  kill -KILL "$pid" 2>/dev/null || true
  for step in $(seq 100); do
    is_ours "$pid" || return 0
    sleep 0.05
  done
  die "process $pid outlives kill -9"
}

shut_down() {
  local pid step
  pid=$(pid_in "$dir/beam.pid")
  is_ours "$pid" || return 0
  kill -TERM "$pid"
  for step in $(seq 600); do
    is_ours "$pid" || return 0
    sleep 0.05
  done
  die "process $pid outlives SIGTERM"
}

is_free() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Below the range that the kernel gives to outgoing connections.
free_port() {
  local port step
  for step in $(seq 50); do
    port=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
    if is_free "$port"; then
      echo "$port"
      return
    fi
  done
  die "finds no free port"
}

# A broker that answers the protocol header with its first frame has booted.
answers() {
  local byte=
  { exec 3<>"/dev/tcp/127.0.0.1/$RABBITMQ_PORT"; } 2>/dev/null || return 1
  printf 'AMQP\0\0\011\001' >&3
  IFS= read -r -t 2 -N 1 byte <&3 || true
  exec 3>&-
  [ "$byte" = $'\001' ]
}

write_configuration() {
  mkdir -p "$dir/home" "$dir/mnesia" "$dir/log" "$dir/generated" "$dir/schema"
  : >"$dir/rabbitmq-env.conf"
  echo "[${RABBITMQ_NODE_PLUGINS:-}]." >"$dir/enabled_plugins"
  echo "[{rabbit, [${RABBITMQ_NODE_ADVANCED:-}]}]." >"$dir/advanced.config"
  # Free disk space is the machine's concern; a test that wants the alarm sets it.
  printf '%s\n' 'disk_free_limit.absolute = 1MB' "${RABBITMQ_NODE_CONF:-}" >"$dir/rabbitmq.conf"
  if [ -n "${RABBITMQ_NODE_PEER:-}" ]; then
    cp "$RABBITMQ_NODE_PEER/home/.erlang.cookie" "$dir/home/.erlang.cookie"
  fi
  # A minimal system has no /etc/hosts.
  cat >"$dir/inetrc" <<'END'
{host, {127,0,0,1}, ["localhost"]}.
{lookup, [file, native]}.
END
}

choose_names() {
  RABBITMQ_PORT=$(free_port)
  RABBITMQ_DIST_PORT=$(free_port)
  RABBITMQ_OWN_EPMD=yes
  RABBITMQ_EPMD_PORT=$(free_port)
  if [ -n "${RABBITMQ_NODE_PEER:-}" ]; then
    RABBITMQ_OWN_EPMD=no
    RABBITMQ_EPMD_PORT=$(. "$RABBITMQ_NODE_PEER/env" && echo "$RABBITMQ_EPMD_PORT")
  fi
  RABBITMQ_ERL_ARGS=${RABBITMQ_NODE_ERL_ARGS:-}
  RABBITMQ_NODENAME=sidecar-$RABBITMQ_PORT@localhost
  cat >"$dir/env" <<END
RABBITMQ_PORT=$RABBITMQ_PORT
RABBITMQ_DIST_PORT=$RABBITMQ_DIST_PORT
RABBITMQ_EPMD_PORT=$RABBITMQ_EPMD_PORT
RABBITMQ_OWN_EPMD=$RABBITMQ_OWN_EPMD
RABBITMQ_ERL_ARGS="$RABBITMQ_ERL_ARGS"
RABBITMQ_NODENAME=$RABBITMQ_NODENAME
END
  if [[ ${RABBITMQ_NODE_CONF:-} == *ssl_options* ]]; then
    RABBITMQ_TLS_PORT=$(free_port)
    echo "RABBITMQ_TLS_PORT=$RABBITMQ_TLS_PORT" >>"$dir/env"
    echo "listeners.ssl.1 = 127.0.0.1:$RABBITMQ_TLS_PORT" >>"$dir/rabbitmq.conf"
  fi
}

# Its own session each, so that Ctrl-C at a terminal reaches the caller only.
launch() {
  local scripts deadline
  scripts=$(find_scripts)
  if [ "$RABBITMQ_OWN_EPMD" = yes ] && ! is_ours "$(pid_in "$dir/epmd.pid")"; then
    become setsid epmd >"$dir/log/epmd.log" 2>&1 </dev/null &
    echo $! >"$dir/epmd.pid"
  fi
  # With RABBITMQ_ALLOW_INPUT the script becomes the Erlang machine: the pid is the node's own.
  become RABBITMQ_ALLOW_INPUT=1 setsid "$scripts/rabbitmq-server" -noinput \
    >>"$dir/log/console.log" 2>&1 </dev/null &
  echo $! >"$dir/beam.pid"
  deadline=$((SECONDS + ${RABBITMQ_NODE_TIMEOUT:-90}))
  until answers; do
    kill -0 "$(pid_in "$dir/beam.pid")" 2>/dev/null || return 1
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

stop() {
  end_process "$(pid_in "$dir/beam.pid")"
  end_process "$(pid_in "$dir/epmd.pid")"
  find "$dir" -mindepth 1 -maxdepth 1 ! -name log -exec rm -rf {} +
}

start() {
  local attempt
  stop
  rm -rf "$dir/log"
  trap stop EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  for attempt in 1 2 3; do
    write_configuration
    choose_names
    if launch; then
      trap - EXIT
      return
    fi
    # Another may have taken a port in between: once more, with others.
    stop
  done
  tail -n 40 "$dir/log/console.log" >&2 || true
  die "the node does not start (see $dir/log)"
}

load() {
  [ -r "$dir/env" ] || die "there is no node in $dir"
  . "$dir/env"
}

[ $# -ge 2 ] || { usage >&2; exit 64; }
command=$1
if [ "$command" = start ]; then
  mkdir -p "$2"
elif [ ! -d "$2" ] && [ "$command" = stop ]; then
  exit 0
fi
dir=$(cd "$2" && pwd)
shift 2
case $command in
  start) start ;;
  stop) stop ;;
  kill) load; end_process "$(pid_in "$dir/beam.pid")" ;;
  shutdown) load; shut_down ;;
  resume) load; launch || die "the node does not come back (see $dir/log)" ;;
  ctl)
    load
    scripts=$(find_scripts)
    become "$scripts/rabbitmqctl" --quiet "$@"
    ;;
  *) usage >&2; exit 64 ;;
esac
