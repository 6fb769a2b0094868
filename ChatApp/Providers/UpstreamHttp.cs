using System.Net;

namespace ChatApp.Providers;

/// <summary>HTTP to providers. A response that is let go closes its connection at once, so a stopped answer costs its provider nothing more.</summary>
internal static class UpstreamHttp
{
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A client whose connections are shared by all requests to one provider; it lives as long as the provider.</summary>
    internal static HttpClient CreateClient(UpstreamTarget target, TimeProvider time, TimeSpan? connectTimeout = null) =>
        new(new UpstreamHandler(target, time) { InnerHandler = CreateHandler(connectTimeout ?? ConnectTimeout) })
        {
            // The run's own time-outs rule.
            Timeout = Timeout.InfiniteTimeSpan,
        };

    private static SocketsHttpHandler CreateHandler(TimeSpan connectTimeout) => new()
    {
        ConnectTimeout = connectTimeout,

        // Left at their defaults, a response disposed between two reads is drained for 2 s before its connection closes.
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,

        // A redirect could carry the key to another host.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
    };
}
