#!/bin/sh
# The Node.js that the project asks for, by .nvmrc or .node-version here or in a folder above.
own=24
here=${0%/bin/*}
folder=$PWD asked="" said_by=""
while [ -z "$asked" ]; do
    for name in .nvmrc .node-version; do
        if [ -z "$asked" ] && [ -f "$folder/$name" ]; then
            read -r asked rest < "$folder/$name" || [ -n "$asked" ] || continue
            said_by="$folder/$name"
        fi
    done
    [ -n "$folder" ] || break
    folder=${folder%/*}
done
asked=${asked%[![:alnum:]*]} # a file from Windows ends its lines with one character more
case "$asked" in
    "" | node | stable | lts/\*) version=$own ;;
    lts/iron) version=20 ;;
    lts/jod) version=22 ;;
    lts/krypton) version=24 ;;
    *) version=${asked#v} version=${version%%.*} ;;
esac
case "$version" in
    "" | *[!0-9]*) version=none ;;
esac
if [ ! -x "$here/$version/bin/node" ]; then
    # To people only: what reads a program's output does not expect it.
    case "$asked" in
        *[!A-Za-z0-9.*/_-]*) asked="of another kind" ;; # nothing that a terminal would obey
    esac
    [ -t 2 ] && printf 'node: %s asks for Node.js %s, which is not here; this is %s\n' "$said_by" "$asked" "$own" >&2
    version=$own
fi
# node-gyp's option, for modules that are compiled.
export npm_package_config_node_gyp_nodedir="$here/$version"
exec "$here/$version/bin/node" "$@"
