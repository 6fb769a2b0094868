using System.Net;
using System.Net.Sockets;

namespace ChatApp.Tools.Fetch;

/// <summary>How hosts are found, and which addresses may be connected to.</summary>
/// <param name="Resolve">The addresses of a host.</param>
/// <param name="IsPublic">Whether one may be connected to.</param>
internal sealed record FetchNetwork(Func<string, CancellationToken, Task<IPAddress[]>> Resolve, Func<IPAddress, bool> IsPublic)
{
    /// <summary>The real one.</summary>
    public static readonly FetchNetwork Internet = new(Dns.GetHostAddressesAsync, PublicAddresses.Contains);

    /// <summary>
    /// Connects. The address that is looked at is the one connected to, so that a name that leads elsewhere the next time wins nothing; and a name
    /// with any address that must not be connected to is refused as a whole.
    /// </summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        IPAddress[] addresses;
        try
        {
            addresses = IPAddress.TryParse(host, out var address) ? [address] : await Resolve(host, cancellationToken);
        }
        catch (SocketException)
        {
            throw new ToolException($"There is no host {host}. Check the address.");
        }

        if (addresses.Length == 0 || !Array.TrueForAll(addresses, address => IsPublic(address)))
        {
            throw FetchRules.Private(host);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
