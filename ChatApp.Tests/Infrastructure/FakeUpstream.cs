using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace ChatApp.Tests.Infrastructure;

/// <summary>
/// A provider's server that does what a test wants, over real HTTP on a free port of 127.0.0.1. Each request goes to the script given,
/// as a <see cref="FakeExchange"/>; when the script returns, the response ends in order.
/// <code>
/// await using var upstream = await FakeUpstream.StartAsync(async x =>
/// {
///     await x.SendAsync("data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n");
///     x.Reset();
/// });
/// </code>
/// </summary>
public sealed class FakeUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeUpstream(WebApplication app, Uri address)
    {
        _app = app;
        Address = address;
    }

    /// <summary>Its address without a path: <c>http://127.0.0.1:41234/</c>.</summary>
    public Uri Address { get; }

    /// <summary>Its address as an OpenAI-compatible endpoint: <c>http://127.0.0.1:41234/v1</c>.</summary>
    public Uri Endpoint => new(Address, "v1");

    /// <summary>Every request so far, in the order of arrival.</summary>
    public ConcurrentQueue<FakeExchange> Exchanges { get; } = new();

    /// <summary>Starts a server that plays <paramref name="script"/> at each request.</summary>
    public static async Task<FakeUpstream> StartAsync(Func<FakeExchange, Task> script)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MinResponseDataRate = null;
        });
        var app = builder.Build();
        FakeUpstream? upstream = null;
        app.Run(async context =>
        {
            var exchange = await FakeExchange.ReceiveAsync(context);
            upstream!.Exchanges.Enqueue(exchange);
            try
            {
                await script(exchange);
            }
            catch (Exception) when (exchange.Left.IsCompleted)
            {
                // The client left in the middle of a script: most tests want just that.
            }
        });
        await app.StartAsync();
        upstream = new FakeUpstream(app, new Uri(app.Urls.First()));
        return upstream;
    }

    /// <summary>A server that answers every request with these bytes as an event stream.</summary>
    public static Task<FakeUpstream> StreamAsync(string wire) => StartAsync(x => x.SendAsync(wire));

    public async ValueTask DisposeAsync()
    {
        // Scripts that wait for their client need not wait any longer.
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>One request to a <see cref="FakeUpstream"/>, and the means to answer it well or badly.</summary>
public sealed class FakeExchange
{
    private readonly HttpContext _context;
    private readonly TaskCompletionSource<long> _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FakeExchange(HttpContext context, string body)
    {
        _context = context;
        Body = body;
        Path = context.Request.Path + context.Request.QueryString;
        Headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        Connection = context.Connection.Id;

        // Fires as soon as the client's FIN or RST is read, not only at the next write.
        context.RequestAborted.Register(() => _left.TrySetResult(Stopwatch.GetTimestamp()));
    }

    /// <summary>The path with the query.</summary>
    public string Path { get; }

    /// <summary>The request's headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>The request's whole body.</summary>
    public string Body { get; }

    /// <summary>Names the connection: two requests with the same one shared it.</summary>
    public string Connection { get; }

    /// <summary>When the client closed its connection before the response's end, as a <see cref="Stopwatch"/> timestamp.</summary>
    public Task<long> Left => _left.Task;

    /// <summary>Cancelled when the client closes its connection: for scripts that wait.</summary>
    public CancellationToken Aborted => _context.RequestAborted;

    /// <summary>Sends the headers of a stream (200, <c>text/event-stream</c> unless said otherwise) and nothing more.</summary>
    public async Task StartAsync(string contentType = "text/event-stream", params (string Name, string Value)[] headers)
    {
        _context.Response.ContentType = contentType;
        foreach (var (name, value) in headers)
        {
            _context.Response.Headers.Append(name, value);
        }

        await _context.Response.StartAsync();
        await _context.Response.Body.FlushAsync();
    }

    /// <summary>Sends text as it is, at once; the first piece starts the stream.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends bytes as they are, at once; the first piece starts the stream.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!_context.Response.HasStarted)
        {
            await StartAsync();
        }

        await _context.Response.Body.WriteAsync(bytes, Aborted);
        await _context.Response.Body.FlushAsync(Aborted);
    }

    /// <summary>Sends <c>data: {json}</c> and a blank line.</summary>
    public Task SendEventAsync(string json) => SendAsync($"data: {json}\n\n");

    /// <summary>Answers with a status and a body.</summary>
    public async Task RespondAsync(int status, string body = "", string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        _context.Response.StatusCode = status;
        await StartAsync(contentType, headers);
        await _context.Response.WriteAsync(body, Aborted);
    }

    /// <summary>Breaks the connection: the body stays without its end.</summary>
    public void Reset() => _context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();

    /// <summary>Keeps the connection open and silent until the client closes it.</summary>
    public async Task HangAsync()
    {
        if (!_context.Response.HasStarted)
        {
            await StartAsync();
        }

        await Left;
    }

    internal static async Task<FakeExchange> ReceiveAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        return new FakeExchange(context, await reader.ReadToEndAsync());
    }
}
