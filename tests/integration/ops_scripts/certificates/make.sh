#!/usr/bin/env bash
# Makes the certificates that the tests of http_check.py use: an authority and two
# servers at 127.0.0.1, one valid until 2120, one expired since 2021. Their keys protect
# nothing; that of the authority is thrown away.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >ca.cnf <<'EOF'
[ca]
default_ca = tests
[tests]
new_certs_dir = .
database = index
serial = serial
default_md = sha256
policy = anything
[anything]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = IP:127.0.0.1
EOF
touch index
echo 01 >serial

sign() { # NAME SECTION FROM TO [SIGNER]
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc \
        -subj "/CN=automation-hub tests: $1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    openssl ca -batch -notext -config ca.cnf -extensions "$2" \
        -startdate "$3" -enddate "$4" "${@:5}" -in "$1.csr" -out "$1.crt" 2>/dev/null
}

from=20200101000000Z
sign authority authority $from 21200101000000Z -selfsign -keyfile authority.key
for server in "valid 21200101000000Z" "expired 20210101000000Z"; do
    read -r name end <<<"$server"
    sign "$name" server $from "$end" -keyfile authority.key -cert authority.crt
    cat "$name.crt" "$name.key" >"$here/$name-test-only.pem"
done
cp authority.crt "$here/authority-test-only.pem"
