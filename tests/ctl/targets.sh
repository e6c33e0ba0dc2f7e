# SPDX-License-Identifier: Apache-2.0
#
# Part of test-ctl.sh: addresses that copies cannot be sent to, and a source
# that comes to be unsupported.

for address in 0.0.0.0 127.0.0.1 224.0.0.5 255.255.255.255 ::1 fe80::1 ff02::1
do
    refused "eni-add ip=$address" "$address" eni-add odd "ip=$address"
    refused "lb-add vip=$address" "$address" lb-add odd "vip=$address"
    refused "lb-add with the member $address" "$address" \
        lb-add odd "members=192.0.2.1,$address"
done
accepted "a session whose source comes to be unsupported" eni-add turncoat \
    -- filter-add tc -- session-add tc 30 tc ip:192.0.2.7 \
    -- source-add tc turncoat
accepted "... it does" eni-set turncoat mirroring=false
accepted "... the session can still be changed" session-set tc vni=77
accepted "... and get other sources" source-add tc faithful
accepted "... and be switched" session-disable tc -- session-enable tc
refused "... but the ENI does not come back" "does not support mirroring" \
    source-del tc turncoat -- source-add tc turncoat
accepted "... and it can go" session-del tc -- filter-del tc
