# Hold a new network namespace by a process that sleeps. Run by `labs.hosts.box` in that namespace, its launcher:
#
#     unshare --net -- bash hold.sh FOLDER GROUP LOCK
#
# FOLDER is the box's: the launcher is known by it. GROUP is the file by which the sleeper joins its control group, LOCK
# the descriptor of the box's lock. Reads lines "sysctl value" from standard input, prints the sleeper's pid and ends.
# A shell, because Python takes 40 ms longer, most of a host's claim.

set -e
echo 0 > "$2"
while read -r name value; do
    # A kernel without IPv6 lacks its entries.
    if [ -e "/proc/sys/$name" ]; then echo "$value" > "/proc/sys/$name"; fi
done
lock=$3
cd /
# The lock is let go before the output, whose end tells that the sleeper is as it is to be.
setsid sleep infinity {lock}>&- < /dev/null > /dev/null 2>&1 &
echo $!
