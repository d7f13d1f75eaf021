#!/usr/bin/env bash
# /// script
# [tool.automation-hub]
# title = "Disk usage"
# description = "List the largest folders under a path; fail when its disk is full."
# tags = ["monitoring"]
# timeout_s = 1800
#
# [tool.automation-hub.parameters.path]
# label = "Folder"
# help = "Where to look; other file systems mounted below it are left out."
# type = "string"
# format = "path"
# default = "/"
#
# [tool.automation-hub.parameters.top]
# label = "Folders to list"
# help = "How many of the largest folders to list."
# type = "integer"
# minimum = 1
# maximum = 1000
# default = 10
#
# [tool.automation-hub.parameters.threshold]
# label = "Threshold (%)"
# help = "The run fails when more than this share of the file system is used."
# type = "integer"
# minimum = 1
# maximum = 100
# default = 90
# ///
#
# Exit status: 0 done; 1 the file system is used beyond the threshold; 2 wrong usage;
# 3 the path cannot be measured. Needs du -0, sort -z and tail -z, as GNU has them.

set -euo pipefail
export LC_ALL=C

usage() {
    cat <<'EOF'
Usage: disk_usage.sh [--path DIR] [--top N] [--threshold PERCENT]

List the largest folders under DIR, each with all that is in it, and how full the
file system is that holds DIR. Other file systems below DIR are left out.

  --path DIR           where to look (default /)
  --top N              how many folders to list, 1 to 1000 (default 10)
  --threshold PERCENT  fail when more than this is used, 1 to 100 (default 90)
  --help               show this text

Exit status: 0 done, 1 beyond the threshold, 2 wrong usage, 3 cannot be measured.
EOF
}

fail() {
    printf 'disk_usage.sh: %s\n' "$2" >&2
    exit "$1"
}

# A name as one line: control characters could forge rows of the table.
shown() {
    printf '%s' "${1//[[:cntrl:]]/?}"
}

check_number() {
    local name=$1 value=$2 most=$3
    if [[ ! $value =~ ^[0-9]{1,6}$ ]] || ((10#$value < 1 || 10#$value > most)); then
        fail 2 "$name must be a whole number from 1 to $most, not '$(shown "$value")'."
    fi
}

path=/
top=10
threshold=90

parse_arguments() {
    local name value
    while (($#)); do
        name=${1%%=*}
        case $name in
        --help | -h)
            usage
            exit 0
            ;;
        --path | --top | --threshold) ;;
        *) fail 2 "'$(shown "$1")' is not an option; see --help." ;;
        esac
        if [[ $1 == *=* ]]; then
            value=${1#*=}
        elif (($# > 1)); then
            value=$2
            shift
        else
            fail 2 "$name needs a value."
        fi
        shift
        declare -g "${name#--}=$value"
    done
    check_number --top "$top" 1000
    check_number --threshold "$threshold" 100
    [[ -d $path ]] || fail 2 "--path '$(shown "$path")' is not a folder."
}

# 1536 (KiB) as "1.5 MiB".
human() {
    local tenths=$(($1 * 10)) unit
    for unit in KiB MiB GiB TiB PiB; do
        if ((tenths < 10240)) || [[ $unit == PiB ]]; then
            printf '%d.%d %s' $((tenths / 10)) $((tenths % 10)) "$unit"
            return
        fi
        tenths=$((tenths / 1024))
    done
}

measure() {
    # In the background, for a signal to reach this shell while du is at work.
    du -0 -x -k -- "$path" >"$work/sizes" 2>"$work/errors" &
    worker=$!
    # It fails for each folder that it may not read; that is counted, not fatal.
    wait "$worker" || true
    worker=
    [[ -s $work/sizes ]] || fail 3 "'$(shown "$path")' cannot be measured."
}

print_folders() {
    local size name count=0 total
    # du names the path itself last, after all that is in it.
    IFS=$'\t' read -r -d '' total name < <(tail -z -n 1 "$work/sizes")
    sort -z -r -n -o "$work/sorted" "$work/sizes" || fail 3 "the list cannot be sorted."
    printf '%12s  %s\n' SIZE FOLDER
    while ((count < 10#$top)) && IFS=$'\t' read -r -d '' size name; do
        [[ $name != "$path" ]] || continue
        printf '%12s  %s\n' "$(human "$size")" "$(shown "$name")"
        count=$((count + 1))
    done <"$work/sorted"
    printf '%12s  %s\n' "$(human "$total")" "total of $(shown "$path")"
}

print_unreadable() {
    local count
    count=$(wc -l <"$work/errors")
    if ((count > 0)); then
        printf 'Not counted, as they cannot be read: %d\n' "$count"
    fi
}

# Sets `used` to the percentage of the file system; empty where it has no size.
print_file_system() {
    local line
    line=$(df -P -k -- "$path" | tail -n 1) || fail 3 "df fails on '$(shown "$path")'."
    used=
    if [[ $line =~ \ ([0-9]+)%\ +/ ]]; then
        used=${BASH_REMATCH[1]}
        printf 'File system used: %d%% (threshold %d%%)\n' "$used" "$((10#$threshold))"
    else
        printf 'File system used: it has no size of its own\n'
    fi
}

clean_up() {
    [[ -z $worker ]] || kill "$worker" 2>/dev/null || true
    rm -rf -- "$work"
}

parse_arguments "$@"
worker=
work=$(mktemp -d) || fail 3 "no temporary folder can be made."
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

measure
print_folders
print_unreadable
print_file_system
if [[ -n $used ]] && ((used > 10#$threshold)); then
    limit=$((10#$threshold))
    fail 1 "the file system of '$(shown "$path")' is used to $used%, beyond $limit%."
fi
