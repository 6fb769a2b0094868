using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace ChatApp.Security;

/// <summary>
/// Notices peers that vanish without a word: a laptop that closes its lid, a network that drops. Left to itself, Linux keeps sending for a
/// quarter of an hour, and a stream, its memory and its run's reader stay as long.
/// </summary>
internal static class PeerTimeouts
{
    /// <summary>After so much time with unacknowledged data a connection is given up.</summary>
    public static readonly TimeSpan Unacknowledged = TimeSpan.FromSeconds(10);

    // linux/tcp.h: IPPROTO_TCP and TCP_USER_TIMEOUT, in milliseconds.
    internal const int Tcp = 6;
    internal const int UserTimeout = 18;

    /// <summary>Makes a socket to listen on. What it accepts has the same options.</summary>
    public static Socket CreateListener(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (socket.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
        {
            // A connection without traffic is asked after 10 s whether it is there, three times.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            if (OperatingSystem.IsLinux())
            {
                socket.SetRawSocketOption(Tcp, UserTimeout, BitConverter.GetBytes((int)Unacknowledged.TotalMilliseconds));
            }
        }

        return socket;
    }
}
