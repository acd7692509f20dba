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
    [ -t 2 ] && echo "node: $said_by asks for Node.js $asked, which is not here; this is $own" >&2
    version=$own
fi
# node-gyp's option, for modules that are compiled.
[ "$version" = "$own" ] || export npm_package_config_node_gyp_nodedir="$here/$version"
exec "$here/$version/bin/node" "$@"
