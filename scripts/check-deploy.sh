#!/usr/bin/env bash
# Checks the files that operators copy: the systemd unit, the alert rules, and nginx.conf with the addresses as they stand.
# Needs Debian's systemd, prometheus (promtool) and nginx-light. Starts nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# In tenths of the 10 points of `systemd-analyze security`: the unit has 1.3, and a setting that gets lost shows.
MOST_EXPOSED=15

for program in systemd-analyze promtool nginx; do
  [[ -n $(type -P "$program") ]] || { echo "$program is missing: apt-get install systemd prometheus nginx-light"; exit 1; }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The program that it starts is not installed here.
sed 's|^ExecStart=.*|ExecStart=/bin/true|' deploy/identity-backend.service >"$folder/identity-backend.service"
problems=$(systemd-analyze verify "$folder/identity-backend.service" 2>&1) || true
[[ -z $problems ]] || { echo "$problems"; exit 1; }
systemd-analyze security --offline=yes --threshold="$MOST_EXPOSED" "$folder/identity-backend.service" | tail -n 1

for setting in MemoryMax TasksMax LimitCORE=0 MemorySwapMax=0; do
  grep -q "^$setting" "$folder/identity-backend.service" || { echo "The unit lacks $setting"; exit 1; }
done

promtool check rules deploy/alerts.yml

# nginx wants a whole configuration and folders of its own.
cat >"$folder/nginx.conf" <<EOF
pid $folder/pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  include $PWD/deploy/nginx.conf;
}
EOF
nginx -t -p "$folder" -c "$folder/nginx.conf"
