using System.Net;
using System.Net.Sockets;

namespace ChatApp.Tools.Fetch;

/// <summary>Tells addresses of the public internet from all others: those of this machine, of private networks, of the cloud's own services, and those that stand for another one.</summary>
internal static class PublicAddresses
{
    // IANA's registries of special-purpose addresses, and the one public address behind which a cloud (Azure) keeps services for its own machines.
    private static readonly IPNetwork[] Special4 =
    [
        .. ("0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 "
            + "168.63.129.16/32 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4").Split(' ').Select(network => IPNetwork.Parse(network)),
    ];

    // All that is public begins so; what does not is loopback, local, multicast, NAT64 (64:ff9b::) or IPv4 in disguise.
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    // Teredo and others of 2001::/23, documentation, 6to4, which leads to an IPv4 address, AS112.
    private static readonly IPNetwork[] Special6 = [.. "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20".Split(' ').Select(network => IPNetwork.Parse(network))];

    /// <summary>Whether an address is one of the public internet.</summary>
    public static bool Contains(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !Array.Exists(Special4, network => network.Contains(address)),
            AddressFamily.InterNetworkV6 => Global6.Contains(address) && !Array.Exists(Special6, network => network.Contains(address)),
            _ => false,
        };
    }
}
