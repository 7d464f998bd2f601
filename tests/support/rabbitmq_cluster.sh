#!/usr/bin/env bash
# A private cluster of three RabbitMQ nodes, each as rabbitmq_node.sh makes them: PREFIX-1, -2, -3.
# A node that is cut off from both others pauses itself until it sees one again.
set -euo pipefail

usage() {
  cat <<'END'
usage: rabbitmq_cluster.sh COMMAND PREFIX
  start PREFIX  starts three fresh nodes in PREFIX-1, PREFIX-2 and PREFIX-3, and joins them
  stop PREFIX   ends them; OK when there are none
END
}

[ $# -eq 2 ] || { usage >&2; exit 64; }
command=$1 prefix=$2
script=$(dirname "${BASH_SOURCE[0]}")/rabbitmq_node.sh

stop() {
  local node
  for node in 3 2 1; do
    "$script" stop "$prefix-$node"
  done
}

start() {
  # Three machines' worth of schedulers on a small one would mostly wait for each other.
  export RABBITMQ_NODE_ERL_ARGS='+S 1:1'
  export RABBITMQ_NODE_CONF='cluster_partition_handling = pause_minority'
  trap stop EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  "$script" start "$prefix-1"
  local first node
  first=$(. "$prefix-1/env" && echo "$RABBITMQ_NODENAME")
  for node in 2 3; do
    RABBITMQ_NODE_PEER=$prefix-1 "$script" start "$prefix-$node" &
  done
  # Each is asked for its own status: a bare wait is always content.
  wait %1
  wait %2
  for node in 2 3; do
    "$script" ctl "$prefix-$node" stop_app
    "$script" ctl "$prefix-$node" join_cluster "$first"
    "$script" ctl "$prefix-$node" start_app
  done
  trap - EXIT
}

case $command in
  start) start ;;
  stop) stop ;;
  *) usage >&2; exit 64 ;;
esac
