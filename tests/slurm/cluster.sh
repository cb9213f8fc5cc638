#!/bin/sh
# A Slurm of two nodes on this machine, for checks by hand: munged, slurmctld and two slurmd, of Debian's packages
# munge, slurmctld, slurmd and slurm-client. Needs root, because slurmd starts processes of other users.
#
#     tests/slurm/cluster.sh start     # then: . "$(tests/slurm/cluster.sh environment)"
#     tests/slurm/cluster.sh stop      # ends the four daemons that it started, by their process numbers
#
# All files lie in $GENLOOM_SLURM, by default a folder genloom-slurm in the temporary one.
set -eu
folder=${GENLOOM_SLURM:-${TMPDIR:-/tmp}/genloom-slurm}
host=$(hostname -s)

configure() {
  mkdir -p "$folder/state" "$folder/spool.n1" "$folder/spool.n2" "$folder/tmp.n1" "$folder/tmp.n2"
  chmod 755 "$folder"
  [ -e "$folder/munge.key" ] || dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 2>/dev/null
  chmod 600 "$folder/munge.key"
  cat >"$folder/slurm.conf" <<CONF
ClusterName=genloom
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmctldPidFile=$folder/slurmctld.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdSpoolDir=$folder/spool.%n
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmdLogFile=$folder/slurmd.%n.log
TmpFS=$folder/tmp.%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
KillWait=10
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=17011 CPUs=1 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=17012 CPUs=1 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  printf 'export SLURM_CONF=%s\n' "$folder/slurm.conf" >"$folder/environment"
}

start() {
  configure
  export SLURM_CONF="$folder/slurm.conf"
  # --force: a key in a temporary folder is what munged would refuse.
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munged.seed"
  slurmctld -c
  slurmd -N n1
  slurmd -N n2
  for _ in $(seq 50); do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && break
    sleep 0.2
  done
  sinfo -N
}

# Ends a daemon that this script started: its process number is in its file, and the process has its name.
end() {
  [ -e "$folder/$2.pid" ] || return 0
  number=$(cat "$folder/$2.pid")
  case $(cat "/proc/$number/comm" 2>/dev/null) in "$1"*) kill "$number" ;; *) return 0 ;; esac
  for _ in $(seq 300); do
    kill -0 "$number" 2>/dev/null || return 0
    sleep 0.1
  done
  echo "$2: process $number has not ended" >&2
}

stop() {
  end slurmd slurmd.n1
  end slurmd slurmd.n2
  end slurmctld slurmctld
  end munged munged
}

case ${1:-} in
  start) start ;;
  stop) stop ;;
  environment) echo "$folder/environment" ;;
  *) echo "usage: cluster.sh start | stop | environment" >&2; exit 2 ;;
esac
