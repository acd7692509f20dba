#!/bin/bash
# Starts the app of the exercise in a terminal, and leaves a shell there when it has ended.
#
#   bash app.sh <mark> <prepared> <prepare> <start>
#
# <mark>: holds our process id, so that the app is started once. <prepared>: is there when <prepare>
# has been done in this home. Both lines may be empty.

mark=$1 prepared=$2 prepare=$3 start=$4

# Several commands at once (an object in devcontainer.json). Bash would have them ignore Ctrl+C.
together() {
  local line
  for line in "$@"; do
    env --default-signal=INT bash -c "$line" &
  done
  wait
}
export -f together

run() {
  printf '\e[1m$ %s\e[0m\n' "$1"
  bash -c "$1" # not in this shell, which outlives Ctrl+C
}

# `npm ci` from the school's store (single_machine/package_store.py:INSTALLED): the same packages for
# less processor time. Only for just these two files, and where npm ci would do nothing else.
copy_packages() {
  local it from failed fresh=.node_modules-$$
  [ "$prepare" = "npm ci" ] && [ -n "$APRANOVA_PACKAGES" ] || return
  for it in node_modules .npmrc npm-shrinkwrap.json binding.gyp; do
    ! [ -e "$it" ] && ! [ -L "$it" ] || return
  done
  from=$(cat package.json package-lock.json 2>/dev/null | sha256sum)
  from=$APRANOVA_PACKAGES/npm/installed/${from%% *}
  [ -d "$from/node_modules" ] || return
  printf "\e[1m\$ npm ci\e[0m\nThe packages are copied from your school's store.\n"
  cp -R --preserve=mode,timestamps "$from/node_modules" "$fresh" &&
    chmod -R u+w "$fresh" && mv -T "$fresh" node_modules || {
    failed=$?
    rm -rf "$fresh"
    return "$failed"
  }
  ! [ -e "$from/scripts" ] || npm rebuild
}

echo $$ >"$mark"
trap : INT # Ctrl+C ends the app, not this terminal
status=0 again=$start
if [ -n "$prepare" ] && ! [ -e "$prepared" ]; then
  copy_packages
  status=$?
  if [ "$status" -ne 0 ] && [ "$status" -ne 130 ]; then # 130: Ctrl+C, which ends it all
    run "$prepare"
    status=$?
  fi
  if [ "$status" -eq 0 ]; then
    mkdir -p "${prepared%/*}" && : >"$prepared"
  else
    again=$prepare${start:+ && $start}
  fi
fi
if [ "$status" -eq 0 ] && [ -n "$start" ]; then
  run "$start"
  status=$?
fi
trap - INT
if [ "$status" -ne 0 ] && [ "$status" -ne 130 ]; then
  printf '\n\e[31mThe app did not run: its command ended with %s. What it wrote is above.\e[0m\n' "$status"
fi
[ -n "$again" ] && printf 'To start it again, type: %s\n' "$again"
exec bash
