using System.Net;
using System.Net.Sockets;

namespace ChatApp;

/// <summary>
/// This machine and private networks: 127.0.0.1, 192.168.…, fd00::…, a container's plain name (http://vllm:8000), a name only a private network has. Of an address
/// that settings name; which ones anybody may have read is another question.
/// </summary>
internal static class NearHosts
{
    private static readonly string[] PrivateSuffixes = [".local", ".internal", ".lan", ".home.arpa", ".localhost", ".svc", ".test", ".ts.net"];

    /// <summary>Whether a host is one of these.</summary>
    public static bool Has(Uri endpoint)
    {
        if (IPAddress.TryParse(endpoint.DnsSafeHost, out var address))
        {
            return Has(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
        }

        var host = endpoint.DnsSafeHost.TrimEnd('.');
        return !host.Contains('.', StringComparison.Ordinal)
            || PrivateSuffixes.Any(s => host.EndsWith(s, StringComparison.OrdinalIgnoreCase));
    }

    private static bool Has(IPAddress address)
    {
        if (IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal)
        {
            return true;
        }

        return address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is var b
            && (b[0] == 10 || (b[0] == 172 && b[1] is >= 16 and < 32) || (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) || (b[0] == 100 && b[1] is >= 64 and < 128));
    }
}
