using System.Net;

namespace ChatApp.Tools.Mcp;

/// <summary>HTTP to a server: no redirects, no cookies, and bounds on what it may send.</summary>
internal static class McpHttp
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <param name="limits">What it may send.</param>
    /// <param name="onTooMuch">Hears of an answer that was cut off.</param>
    public static HttpClient CreateClient(McpLimits limits, Action<McpFailure> onTooMuch) => new(new Handler(limits, onTooMuch) { InnerHandler = CreateHandler() })
    {
        // Calls have their own time-outs.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static SocketsHttpHandler CreateHandler() => new()
    {
        ConnectTimeout = ConnectTimeout,

        // A redirect could carry the headers to another host.
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,

        // A call that is stopped ends its connection at once.
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    private sealed class Handler(McpLimits limits, Action<McpFailure> onTooMuch) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                var headers = response.Content.Headers;
                var isEvents = string.Equals(headers.ContentType?.MediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase);
                response.Content = new StreamContent(new Body(await response.Content.ReadAsStreamAsync(cancellationToken), isEvents, limits, onTooMuch));
                foreach (var (name, values) in headers.NonValidated)
                {
                    response.Content.Headers.TryAddWithoutValidation(name, values);
                }

                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    /// <summary>Counts what is read: the whole of a document, and each event of a stream of events.</summary>
    private sealed class Body(Stream inner, bool isEvents, McpLimits limits, Action<McpFailure> onTooMuch) : ReadingStream(inner)
    {
        private long _open;
        private bool _isLineEmpty = true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await Inner.ReadAsync(buffer, cancellationToken);
            try
            {
                limits.Count(read, Messages(buffer.Span[..read]), _open);
            }
            catch (McpFailure failure)
            {
                onTooMuch(failure);
                throw new IOException(failure.Message, failure);
            }

            return read;
        }

        // Every line counts as a message, so that comments without end are too many as well; an event ends with an empty one.
        private int Messages(ReadOnlySpan<byte> bytes)
        {
            _open += bytes.Length;
            if (!isEvents)
            {
                return 0;
            }

            var lines = 0;
            for (var i = 0; i < bytes.Length; i++)
            {
                if (bytes[i] is (byte)'\n')
                {
                    lines++;
                    if (_isLineEmpty)
                    {
                        _open = bytes.Length - i - 1;
                    }

                    _isLineEmpty = true;
                }
                else if (bytes[i] is not (byte)'\r')
                {
                    var next = bytes[i..].IndexOf((byte)'\n');
                    _isLineEmpty = false;
                    i = next < 0 ? bytes.Length : i + next - 1;
                }
            }

            return lines;
        }
    }
}
