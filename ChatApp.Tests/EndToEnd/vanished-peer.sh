# A peer that vanishes without a word, in network and mount name spaces of their own: unshare -nm bash vanished-peer.sh ChatApp.dll
# Opens a stream that flows and one that is silent, cuts the peer's cable, and prints how long the server keeps their connections, in seconds.
set -eu
work=$(mktemp -d)
mount --make-rprivate /
mount -t tmpfs tmpfs /run
ip link set lo up
ip netns add peer
ip link add near type veth peer name far netns peer
ip addr add 10.77.0.1/24 dev near
ip link set near up
ip -n peer addr add 10.77.0.2/24 dev far
ip -n peer link set far up

# The door is open to other addresses only with a key.
hash=$(printf key | sha256sum | cut -d ' ' -f 1)
dotnet "$1" --urls=http://10.77.0.1:5080 --ChatApp:ApiKeys:0:Name=peer --ChatApp:ApiKeys:0:Hash="$hash" > "$work/log" 2>&1 &
app=$!
trap 'kill $app; ip netns pids peer | xargs -r kill; rm -r "$work"' EXIT
for _ in $(seq 100); do curl -sf -o "$work/live" http://10.77.0.1:5080/health/live && break; sleep 0.2; done

for model in 'scripted/rate=20;tokens=100000' 'scripted/stall=100000@5;tokens=100'; do
  ip netns exec peer curl -sN -o "$work/answer" -H 'x-api-key: key' "http://10.77.0.1:5080/api/stream?q=hi&model=$model" &
done

connections() { ss -Htn state established '( sport = :5080 )' dst 10.77.0.2 | wc -l; }
for _ in $(seq 50); do [ "$(connections)" = 2 ] && break; sleep 0.2; done
sleep 1
[ "$(connections)" = 2 ]

ip -n peer link set far down
begun=$(date +%s%N)
while [ "$(connections)" != 0 ]; do sleep 0.1; done
echo $((($(date +%s%N) - begun) / 1000000000))
