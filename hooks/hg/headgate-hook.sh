#!/bin/sh
# Tells Headgate that a Mercurial repository has changed: for servers where no code may run inside hg, and for old ones.
#
#     [hooks]
#     changegroup.headgate = sh /etc/mercurial/headgate-hook.sh /etc/mercurial/hgrc.d/headgate.rc
#     pushkey.headgate = sh /etc/mercurial/headgate-hook.sh /etc/mercurial/hgrc.d/headgate.rc
#
# Needs curl and openssl, and a shell whose printf is built in (dash, bash, busybox). Reads the section [headgate] of the file that it is given:
# url, secret-file, base and root (or repo), timeout, ca-file, as headgate_hook.py does. It keeps nothing for later: a sweep finds what it could
# not tell of, and what neither hook runs for (phases and obsolescence markers alone). No push ever fails by it.
# docs/how-to/mercurial-hook.md tells the rest.
set -u
umask 077
LC_ALL=C
export LC_ALL

# One line for whoever pushes; the push has gone through.
end() {
    printf 'headgate: %s\n' "$1" | tr -cd '\012\040-\176'
    exit 0
}

setting() {
    sed -n "/^[[:space:]]*\[/h
        /^$1[[:space:]]*=/{
            G
            /\n[[:space:]]*\[headgate\]/s/^$1[[:space:]]*=[[:space:]]*\([^\n]*\)\n.*/\1/p
        }" "$settings" | sed -n 's/[[:space:]]*$//; $p'
}

# Of a directory below the root, as part of a URL: all of it percent-encoded, but for the slashes.
quoted() {
    case $1 in
    *[!A-Za-z0-9._~/-]*) printf %s "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ \{1,\}/%/g; s/%2f/\//g' ;;
    *) printf %s "$1" ;;
    esac
}

public_url() {
    url_of_one=$(setting repo)
    if [ -n "$url_of_one" ]; then
        printf %s "$url_of_one"
        return
    fi
    base=$(setting base) root=$(setting root)
    root=$(cd "$root" 2>/dev/null && pwd -P) && here=$(pwd -P) || return
    case $here in
    "$root"/?*) printf '%s/%s' "${base%/}" "$(quoted "${here#"$root"/}")" ;;
    esac
}

# A JSON string, or null for nothing.
json() {
    if [ -z "$1" ]; then
        printf null
    else
        printf '"%s"' "$(printf %s "$1" | tr -d '\000-\037\177-\377' | sed 's/\\/\\\\/g; s/"/\\"/g')"
    fi
}

# What %XX stands for; nothing where that is not printable ASCII, so that no name is told by half.
decoded() {
    rest=$1 text=
    while :; do
        case $rest in
        *%*) ;;
        *) break ;;
        esac
        text=$text${rest%%\%*} rest=${rest#*%}
        case $rest in
        [2-6][0-9A-Fa-f]* | 7[0-9A-Ea-e]*) ;;
        *) return ;;
        esac
        value=$((0x${rest%"${rest#??}"})) rest=${rest#??}
        text=$text$(printf "\\$((value / 64))$((value / 8 % 8))$((value % 8)).")
        text=${text%.}
    done
    printf %s "$text$rest"
}

# The fingerprint of the one plain key in the file that sshd writes with `ExposeAuthInfo yes`.
ssh_key() {
    [ -r "$1" ] && [ "$(grep -c '^publickey ' "$1")" = 1 ] || return
    key=$(sed -n 's/^publickey \([^ ]*\) \([^ ]*\).*/\1 \2/p' "$1")
    case $key in
    *-cert-*) return ;;
    esac
    printf 'SHA256:%s' "$(printf %s "${key#* }" | openssl base64 -d -A | openssl dgst -sha256 -binary | openssl base64 -A | tr -d =)"
}

pusher() {
    name= via=
    case ${HG_URL:-} in
    remote:ssh:*)
        if [ -n "${HEADGATE_USER:-}" ]; then
            name=$HEADGATE_USER via=HEADGATE_USER
        elif [ -n "${SSH_USER_AUTH:-}" ]; then
            name=$(ssh_key "$SSH_USER_AUTH") via=SSH_USER_AUTH
        fi
        ;;
    remote:*:*:*:*) ;;
    remote:*:*:*) name=$(decoded "${HG_URL##*:}") via=REMOTE_USER ;;
    remote:*) ;;
    *) name=$(id -un) via=local ;;
    esac
    case $name in
    '' | *[!\ -~]*) printf null ;;
    *) printf '{"name":%s,"via":"%s"}' "$(json "$name")" "$via" ;;
    esac
}

# The key as hex: the bytes of the file without its last newline, or after whsec_ what the base64 stands for; its hash where it is longer than a
# block of SHA-256.
secret_hex() {
    hex=$(od -An -v -tx1 "$1" | tr -d ' \n')
    hex=${hex%0a} hex=${hex%0d}
    case $hex in
    77687365635f*) hex=$(sed 's/^whsec_//' "$1" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n') ;;
    esac
    [ ${#hex} -ge 32 ] || return
    if [ ${#hex} -gt 128 ]; then
        hex=$(octal "$hex" 0 $((${#hex} / 2)) | { read -r bytes && printf "$bytes"; } | openssl dgst -sha256 -binary | od -An -v -tx1 | tr -d ' \n')
    fi
    printf %s "$hex"
}

# Bytes as printf takes them: those of $1 (hex), each combined with $2, filled up to $3 of them.
octal() {
    left=$1 count=0 bytes=
    while [ $count -lt "$3" ]; do
        value=$2
        case $left in
        ??*) value=$((0x${left%"${left#??}"} ^ $2)) left=${left#??} ;;
        esac
        bytes=$bytes\\$((value / 64))$((value / 8 % 8))$((value % 8))
        count=$((count + 1))
    done
    printf '%s\n' "$bytes"
}

# HMAC-SHA256 (RFC 2104) of what comes in. By hand: openssl takes the key as an argument, which everybody on the machine can read.
hmac() {
    inner=$(octal "$1" 54 64) outer=$(octal "$1" 92 64)
    digest=$({ printf "$inner"; cat; } | openssl dgst -sha256 -binary | od -An -v -tx1 | tr -d ' \n')
    { printf "$outer"; printf "$(octal "$digest" 0 32)"; } | openssl dgst -sha256 -binary | openssl base64 -A
}

settings=${1:-}
[ -r "$settings" ] || end "nothing was sent: the settings $settings cannot be read"
for tool in curl openssl; do
    command -v "$tool" >/dev/null || end "nothing was sent: $tool is not installed"
done
repo=$(public_url)
[ -n "$repo" ] || exit 0
to=$(setting url) ca=$(setting ca-file) timeout=$(setting timeout)
case $to in
http://* | https://*) ;;
*) end 'nothing was sent: [headgate] url is no address' ;;
esac
secret=$(secret_hex "$(setting secret-file)" 2>/dev/null)
[ -n "$secret" ] || end 'nothing was sent: [headgate] secret-file cannot be read, or is shorter than 16 characters'

id=${HG_TXNID:-}
case $id in
'' | *[!A-Za-z0-9_:-]*) id=hook:$(openssl rand -hex 20) ;;
esac
last=${HG_NODE_LAST:-${HG_NODE:-}}
moment=$(date +%s)
body=$(printf '{"v":1,"type":"hg.txn","repo":%s,"txn":%s,"source":%s,"url":%s,"pusher":%s,"node":%s,"node_last":%s,"hooktype":%s,"at":"%s"}' \
    "$(json "$repo")" "$(json "${HG_TXNID:-}")" "$(json "${HG_SOURCE:-}")" "$(json "${HG_URL:-}")" "$(pusher)" "$(json "${HG_NODE:-}")" \
    "$(json "$last")" "$(json "${HG_HOOKTYPE:-}")" "$(date -u +%Y-%m-%dT%H:%M:%SZ)")
signature=$(printf '%s.%s.%s' "$id" "$moment" "$body" | hmac "$secret")

answer=$(printf %s "$body" | curl -q --silent --noproxy '*' --max-time "${timeout:-2}" ${ca:+--cacert "$ca"} \
    --user-agent headgate-hook-sh/1 --header 'Content-Type: application/json' --header 'Expect:' --header "webhook-id: $id" \
    --header "webhook-timestamp: $moment" --header "webhook-signature: v1,$signature" --data-binary @- --write-out '\n%{http_code}' --url "$to")
failed=$?
[ $failed = 0 ] || end "is not reachable (curl $failed): a sweep will find it"
status=$(printf %s "$answer" | sed -n '$p')
delivery=$(printf %s "$answer" | sed -n 's/.*"delivery" *: *"\([A-Za-z0-9_-]\{1,64\}\)".*/\1/p' | sed -n 1p)
code=$(printf %s "$answer" | sed -n 's/.*"code" *: *"\([A-Z_]\{1,40\}\)".*/ \1/p' | sed -n 1p)
case $status$delivery in
202?*) end "queued $delivery" ;;
200?*) exit 0 ;; # another hook of the same push has told it
*) end "answered $status$code: a sweep will find it" ;;
esac
