using System.Net;
using System.Net.Sockets;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Security;

public sealed class PeerTimeoutsTests
{
    [Fact]
    public async Task F07_AcceptedSocket_HasTheListenersTimeouts()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "TCP_USER_TIMEOUT is Linux's.");
        using var listener = PeerTimeouts.CreateListener(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!);
        using var accepted = await listener.AcceptAsync();

        foreach (var socket in new[] { listener, accepted })
        {
            var timeout = new byte[4];
            Assert.Equal(4, socket.GetRawSocketOption(PeerTimeouts.Tcp, PeerTimeouts.UserTimeout, timeout));
            Assert.Equal(10_000, BitConverter.ToInt32(timeout));
            Assert.NotEqual(0, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
            Assert.Equal(10, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
            Assert.Equal(2, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
            Assert.Equal(3, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));
        }
    }

    [Fact]
    public void CreateListener_UnixSocket_IsLeftAlone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "No socket files by that path.");
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.sock");
        using (PeerTimeouts.CreateListener(new UnixDomainSocketEndPoint(path)))
        {
            Assert.True(File.Exists(path));
        }

        File.Delete(path);
    }

    [Fact]
    public async Task App_OnItsSockets_UsesThem()
    {
        await using var app = await TestApp.StartAsync();
        var kestrel = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        Assert.Equal(PeerTimeouts.CreateListener, app.Services.GetRequiredService<IOptions<SocketTransportOptions>>().Value.CreateBoundListenSocket);
        Assert.Equal((20_000L, 20_000L, TimeSpan.FromSeconds(10)), (kestrel.MaxConcurrentConnections, kestrel.MaxConcurrentUpgradedConnections, kestrel.RequestHeadersTimeout));
    }
}
