#!/bin/sh
# Makes or removes one machine on the host that was chosen for it. Put your own commands here, e.g.
#   virsh -c "qemu+ssh://$HOST/system" start "$MEMBER"        ssh "$HOST" systemctl start "web@$MEMBER"
# Until then a file stands for the machine. Both must be repeatable: a killed run is run again.
set -eu
case $1 in
  create) mkdir -p "machines/$HOST" && : >"machines/$HOST/$MEMBER" ;;
  delete) rm -f "machines/$HOST/$MEMBER" ;;
esac
